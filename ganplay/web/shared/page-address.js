// What links to this page begin with.

let home = "";

/** @param {?string} url where others in the network reach the server, if it knows */
export function useHome(url) {
  home = url || "";
}

// Whether a host's name leads to one machine from that machine alone.
export const isLocal = (name) => /^(localhost|127(\.\d+){3}|\[::1\])$/.test(name);

// The page's own address, or where it has one that is for this machine alone the network's.
export function pageAddress() {
  const known = home && new URL(home);
  // Behind another port there is something else, of which the server does not know.
  return `${known && isLocal(location.hostname) && known.port === location.port ? known.origin : location.origin}${location.pathname}`;
}
