"""Tests of the extension: real Sphinx applications on tiny projects, one a behaviour."""
