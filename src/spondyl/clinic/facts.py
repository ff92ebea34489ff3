"""What is known of patient and lesion. A missing item is None: unknown stays unknown."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict


class Facts(BaseModel):
    """Clinical facts of a case, as far as planning needs them."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    level: str | None = None
    histology: str | None = None
    prescription: str | None = None
