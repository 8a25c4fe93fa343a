"""The host as geology, read-only: files become matter, processes become creatures."""

from ninepixel.world.host.layout import region_name, region_of
from ninepixel.world.host.live import LiveHost
from ninepixel.world.host.options import HostError, HostOptions
from ninepixel.world.host.scan import scan
from ninepixel.world.host.survey import Survey, SurveyError
from ninepixel.world.host.synthetic import synthetic

__all__ = ["HostError", "HostOptions", "LiveHost", "Survey", "SurveyError", "region_name", "region_of", "scan", "synthetic"]
