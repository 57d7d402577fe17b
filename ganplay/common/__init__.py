"""What knows neither GANs nor pages: settings, files, framing of bytes, locales."""
