"""What pyproject.toml cannot say: the bundled models become a folder of the package when built."""

from setuptools import find_packages, setup

setup(
    packages=[*find_packages(include=["ganplay", "ganplay.*"]), "ganplay.checkpoints"],
    package_dir={"ganplay.checkpoints": "checkpoints"},
)
