"""Users, groups and membership, with the library's mixins."""

from django.contrib.auth.models import AbstractUser
from django.db import models
from django_scim.models import AbstractSCIMGroupMixin, AbstractSCIMUserMixin


class User(AbstractSCIMUserMixin, AbstractUser):
    scim_groups = models.ManyToManyField("directory.Team", related_name="user_set", through="directory.Membership")


class Team(AbstractSCIMGroupMixin):
    name = models.CharField(max_length=200)


class Membership(models.Model):
    user = models.ForeignKey(User, on_delete=models.CASCADE)
    group = models.ForeignKey(Team, on_delete=models.CASCADE)
