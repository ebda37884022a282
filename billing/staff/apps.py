"""The admin with a site of this house's own."""

from django.contrib.admin.apps import AdminConfig


class StaffAdminConfig(AdminConfig):
    """Django's admin, into which staff come by two factors."""

    default_site = "billing.staff.signin.site.StaffSite"
