"""Every tunable of Tenure, each declared once. Add one to the page it belongs to; the rest derives."""

from __future__ import annotations

from tenure.parameters.declarations.alerts import ALERTS
from tenure.parameters.declarations.automation import AUTOMATION
from tenure.parameters.declarations.crm import CRM
from tenure.parameters.declarations.health import HEALTH
from tenure.parameters.declarations.nps import NPS
from tenure.parameters.declarations.retention import RETENTION
from tenure.parameters.declarations.system import SYSTEM
from tenure.parameters.parameter import Parameter
from tenure.parameters.values import Frozen

PAGES = (HEALTH, RETENTION, AUTOMATION, ALERTS, NPS, CRM, SYSTEM)

DECLARED: Frozen[Parameter] = Frozen({parameter.name: parameter for page in PAGES for parameter in page})
