"""`python -m ganplay.cli`, as torchrun starts it."""

import sys

from ganplay.cli import main

sys.exit(main())
