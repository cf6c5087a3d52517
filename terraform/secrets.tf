# Every secret of the service. The containers are given references; the values are drawn as ephemeral resources, written with write-only
# arguments and so stand neither in the plan nor in the state. The administrator's password of the database is RDS's own (database.tf).

locals {
  database_role_of = {
    database_url        = "suyuan_app"
    database_relay_url  = "suyuan_relay"
    database_auth_url   = "suyuan_auth"
    database_public_url = "suyuan_public"
    database_owner_url  = "suyuan_migrator"
  }
  secret_names = concat(keys(local.database_role_of), ["redis_url", "redis_password", "token_signing_key", "encryption_key"])

  database               = "${aws_db_instance.main.address}:5432/suyuan"
  redis_password_version = join("", [for name, version in aws_secretsmanager_secret_version.drawn : version.version_id if name == "redis_password"])
}

resource "aws_secretsmanager_secret" "main" {
  for_each                = toset(local.secret_names)
  name                    = "${var.name}/${each.key}"
  kms_key_id              = aws_kms_key.data.arn
  recovery_window_in_days = 30
}

ephemeral "aws_secretsmanager_random_password" "drawn" {
  provider            = aws.secrets
  for_each            = var.secret_versions
  password_length     = 48
  exclude_punctuation = true
}

resource "aws_secretsmanager_secret_version" "drawn" {
  for_each  = var.secret_versions
  secret_id = aws_secretsmanager_secret.main[each.key].id

  # A database's address carries its password; the keys are 32 bytes in base64url; the cache's password is itself.
  secret_string_wo = (
    contains(keys(local.database_role_of), each.key)
    ? "postgresql://${lookup(local.database_role_of, each.key, "")}:${ephemeral.aws_secretsmanager_random_password.drawn[each.key].random_password}@${local.database}"
    : contains(["token_signing_key", "encryption_key"], each.key)
    ? trimsuffix(replace(replace(base64sha256(ephemeral.aws_secretsmanager_random_password.drawn[each.key].random_password), "+", "-"), "/", "_"), "=")
    : ephemeral.aws_secretsmanager_random_password.drawn[each.key].random_password
  )
  secret_string_wo_version = each.value
}

# Read back rather than used as drawn: the cache takes a quarter of an hour to make, and a run that breaks off in between draws another.
ephemeral "aws_secretsmanager_secret_version" "redis_password" {
  provider   = aws.secrets
  for_each   = { for name, version in var.secret_versions : name => version if name == "redis_password" }
  secret_id  = aws_secretsmanager_secret.main["redis_password"].id
  version_id = local.redis_password_version
}

resource "aws_secretsmanager_secret_version" "redis_url" {
  for_each  = { for name, version in var.secret_versions : name => version if name == "redis_password" }
  secret_id = aws_secretsmanager_secret.main["redis_url"].id

  secret_string_wo         = "rediss://:${ephemeral.aws_secretsmanager_secret_version.redis_password[each.key].secret_string}@${aws_elasticache_replication_group.main.primary_endpoint_address}:6379/0"
  secret_string_wo_version = each.value
}
