"""The run-time checker of annotations: beartype, with whole numbers allowed as floats."""

from beartype import BeartypeConf, beartype

checked = beartype(conf=BeartypeConf(is_pep484_tower=True))
