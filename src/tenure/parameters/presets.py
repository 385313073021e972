"""Named presets: a reviewed change set for a kind of business, applied like any other change."""

from __future__ import annotations

from dataclasses import dataclass

from tenure.errors import NotFound
from tenure.parameters.problems import shown
from tenure.parameters.reading import parse
from tenure.parameters.values import Frozen, Scalar, Value


@dataclass(frozen=True)
class Preset:
    """`values` is what `change` takes; everything else stays as it is."""

    name: str
    label: str
    help: str
    values: Frozen[Value]


def _preset(name: str, label: str, help: str, **values: Scalar) -> Preset:
    return Preset(name, label, help, Frozen({key: parse(key, raw) for key, raw in values.items()}))


def _weights(engagement: int, support: int, value: int) -> dict[str, Scalar]:
    return {"engagement_weight": engagement, "support_weight": support, "value_weight": value}


PRESETS: Frozen[Preset] = Frozen(
    {
        preset.name: preset
        for preset in (
            _preset(
                "enterprise_b2b",
                "enterprise B2B",
                "Few large accounts that log in weekly; a silent one is called within hours.",
                **_weights(30, 30, 40),
                engagement_by="seats",
                active_login_days=7,
                moderate_login_days=14,
                low_login_days=45,
                critical_response_hours=4,
                quiet_hours="20-8, weekends",
            ),
            _preset(
                "consumer",
                "consumer",
                "Many people who come daily or not at all; coming back takes long.",
                **_weights(60, 20, 20),
                active_login_days=1,
                win_back_inactive_days=90,
            ),
            _preset(
                "product_led",
                "product-led",
                "The product sells itself; use says most.",
                **_weights(50, 20, 30),
            ),
            _preset(
                "high_growth_start_up",
                "high-growth start-up",
                "Everything changes weekly; shorter rests, more tolerance for downtime.",
                target_uptime_percent=95,
                campaign_cooldown_days=3,
            ),
            _preset(
                "freemium",
                "freemium",
                "Most customers pay nothing; only use tells who stays.",
                **_weights(60, 30, 10),
                win_back_inactive_days=90,
            ),
        )
    }
)


def preset(name: str) -> Preset:
    """The preset by its name or label, in any case; raises NotFound."""
    wanted = name.strip().casefold().replace(" ", "_").replace("-", "_")
    if wanted not in PRESETS:
        raise NotFound(f"There is no preset {shown(name)}.", f"Choose one of {', '.join(PRESETS)}.")
    return PRESETS[wanted]
