"""What an output of a run is: the words in which `pipeline.engine.table` declares each one.

An output has one row: its name, its file, the stage that makes it, what it is made from, the
settings and facts of the plan that decide it, and what it costs. Worker, keys, status, verify,
stage, plan and clean read the rows and know nothing else of any output.
"""

from pipeline.engine.outputs.brief import Brief
from pipeline.engine.outputs.jobs import Job, Made
from pipeline.engine.outputs.places import Division, Place, Ref, Scope
from pipeline.engine.outputs.rows import Apart, Output

__all__ = ["Apart", "Brief", "Division", "Job", "Made", "Output", "Place", "Ref", "Scope"]
