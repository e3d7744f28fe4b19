"""`python -m s4.exercise`."""

import sys

from s4.exercise.command import main

sys.exit(main())
