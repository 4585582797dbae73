"""`python -m podlab.cli`, where the script is not installed."""

import sys

from podlab.cli.main import main

sys.exit(main())
