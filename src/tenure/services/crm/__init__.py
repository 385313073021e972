"""Health into the CRM, and what people logged there back."""

from tenure.services.crm.service import CrmService, SyncResult, record_of

__all__ = ["CrmService", "SyncResult", "record_of"]
