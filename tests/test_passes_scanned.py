"""An outline where tiles meet is answered from all of them, as from the scene they were cut of."""

from __future__ import annotations

import itertools
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import rasterio
from click.testing import CliRunner
from rasterio.merge import merge

from camp_monitor.cli import main
from camp_monitor.facilities.importing import import_outline
from camp_monitor.records.finding import Finding
from camp_monitor.scan import scan
from camp_monitor.scenes.adding import add_scene
from camp_monitor.scenes.scene import SceneDescription
from camp_monitor.workspace import Workspace, create_workspace
