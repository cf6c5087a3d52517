# The facts that must not be lost, whatever else changes. Nothing of AWS is called: every resource is a mock, and no secret is drawn
# (secret_versions is empty), because Terraform 1.11 cannot mock ephemeral resources.

mock_provider "aws" {
  mock_data "aws_availability_zones" {
    defaults = { names = ["eu-central-1a", "eu-central-1b", "eu-central-1c", "eu-central-1d"] }
  }
  mock_data "aws_caller_identity" {
    defaults = { account_id = "111122223333" }
  }
  mock_data "aws_partition" {
    defaults = { partition = "aws" }
  }
  mock_resource "aws_kms_key" {
    defaults = { arn = "arn:aws:kms:eu-central-1:111122223333:key/00000000-0000-4000-8000-000000000000" }
  }
  mock_resource "aws_s3_bucket" {
    defaults = { arn = "arn:aws:s3:::suyuan-files-111122223333" }
  }
  mock_resource "aws_iam_role" {
    defaults = { arn = "arn:aws:iam::111122223333:role/mock" }
  }
  mock_resource "aws_cloudwatch_log_group" {
    defaults = { arn = "arn:aws:logs:eu-central-1:111122223333:log-group:mock" }
  }
  mock_resource "aws_secretsmanager_secret" {
    defaults = { arn = "arn:aws:secretsmanager:eu-central-1:111122223333:secret:mock-abcdef" }
  }
  mock_resource "aws_lb" {
    defaults = { arn = "arn:aws:elasticloadbalancing:eu-central-1:111122223333:loadbalancer/app/mock/0123456789abcdef" }
  }
  mock_resource "aws_lb_target_group" {
    defaults = { arn = "arn:aws:elasticloadbalancing:eu-central-1:111122223333:targetgroup/mock/0123456789abcdef" }
  }
  mock_resource "aws_lb_listener" {
    defaults = { arn = "arn:aws:elasticloadbalancing:eu-central-1:111122223333:listener/app/mock/0123456789abcdef/0123456789abcdef" }
  }
  mock_resource "aws_ecs_task_definition" {
    defaults = { arn = "arn:aws:ecs:eu-central-1:111122223333:task-definition/mock:1" }
  }
  mock_resource "aws_db_instance" {
    defaults = {
      address            = "suyuan.mock.eu-central-1.rds.amazonaws.com"
      master_user_secret = [{ secret_arn = "arn:aws:secretsmanager:eu-central-1:111122223333:secret:rds-abcdef", kms_key_id = "mock", secret_status = "active" }]
    }
  }
  mock_resource "aws_cloudformation_stack" {
    defaults = { outputs = { UserId = "suyuan-default" } }
  }
}

provider "aws" {
  alias                       = "secrets"
  region                      = "eu-central-1"
  access_key                  = "none"
  secret_key                  = "none"
  skip_credentials_validation = true
  skip_metadata_api_check     = true
  skip_requesting_account_id  = true
}

variables {
  region          = "eu-central-1"
  domain_name     = "trace.example.com"
  certificate_arn = "arn:aws:acm:eu-central-1:111122223333:certificate/00000000-0000-4000-8000-000000000000"
  zone_id         = "Z0123456789ABCDEFGHIJ"
  image           = "111122223333.dkr.ecr.eu-central-1.amazonaws.com/suyuan@sha256:0000000000000000000000000000000000000000000000000000000000000000"
  secret_versions = {}
}

# One run, because each starts the provider several times.
run "installation" {
  # Database
  assert {
    condition     = aws_db_instance.main.storage_encrypted && aws_db_instance.main.kms_key_id == aws_kms_key.data.arn
    error_message = "The database must be encrypted with the installation's own key."
  }
  assert {
    condition     = aws_db_instance.main.multi_az && aws_db_instance.main.deletion_protection && !aws_db_instance.main.skip_final_snapshot
    error_message = "The database must outlive the loss of a zone and a careless destroy."
  }
  assert {
    condition     = aws_db_instance.main.backup_retention_period == 35
    error_message = "Backups must be kept for 35 days."
  }
  assert {
    condition     = !aws_db_instance.main.publicly_accessible
    error_message = "The database must not be reachable from outside."
  }
  assert {
    condition     = aws_db_instance.main.manage_master_user_password && aws_db_instance.main.password == null
    error_message = "RDS must keep the administrator's password, not Terraform."
  }
  assert {
    condition     = { for parameter in aws_db_parameter_group.main.parameter : parameter.name => parameter.value }["rds.force_ssl"] == "1"
    error_message = "The database must refuse connections without TLS."
  }
  assert {
    condition     = { for parameter in aws_db_parameter_group.main.parameter : parameter.name => parameter.value }["jit"] == "0"
    error_message = "JIT must be off: it costs more than these queries take."
  }
  assert {
    condition     = aws_db_parameter_group.main.family == "postgres18" && aws_db_instance.main.engine_version == "18"
    error_message = "Parameter group and engine must be of the same major version."
  }
  assert {
    condition     = toset(aws_db_subnet_group.main.subnet_ids) == toset([for subnet in aws_subnet.isolated : subnet.id])
    error_message = "The database must stand in the subnets that have no way out."
  }

  # Cache
  assert {
    condition     = aws_elasticache_replication_group.main.transit_encryption_enabled && aws_elasticache_replication_group.main.transit_encryption_mode == "required"
    error_message = "The cache must refuse connections without TLS."
  }
  assert {
    condition     = tobool(aws_elasticache_replication_group.main.at_rest_encryption_enabled) && aws_elasticache_replication_group.main.kms_key_id == aws_kms_key.data.arn
    error_message = "The cache must be encrypted with the installation's own key."
  }
  assert {
    condition     = length(aws_elasticache_replication_group.main.user_group_ids) == 1 && aws_elasticache_user_group.main.user_ids == toset(["suyuan-default"])
    error_message = "The cache must know one user and ask for its password."
  }
  assert {
    condition     = jsondecode(aws_cloudformation_stack.cache_user.template_body).Resources.User.Properties.AuthenticationMode.Type == "password"
    error_message = "The cache's user must have a password."
  }
  assert {
    condition     = startswith(jsondecode(aws_cloudformation_stack.cache_user.template_body).Resources.User.Properties.AuthenticationMode.Passwords[0], "{{resolve:secretsmanager:arn:")
    error_message = "The template must refer to the password, not contain it."
  }

  # Bucket
  assert {
    condition     = aws_s3_bucket_versioning.files.versioning_configuration[0].status == "Enabled"
    error_message = "The bucket must keep versions."
  }
  assert {
    condition = alltrue([
      aws_s3_bucket_public_access_block.files.block_public_acls,
      aws_s3_bucket_public_access_block.files.block_public_policy,
      aws_s3_bucket_public_access_block.files.ignore_public_acls,
      aws_s3_bucket_public_access_block.files.restrict_public_buckets,
    ])
    error_message = "All public access to the bucket must be blocked."
  }
  assert {
    condition     = one(aws_s3_bucket_server_side_encryption_configuration.files.rule).apply_server_side_encryption_by_default[0].kms_master_key_id == aws_kms_key.data.arn
    error_message = "The bucket must be encrypted with the installation's own key."
  }
  assert {
    condition = anytrue([for statement in jsondecode(aws_s3_bucket_policy.files.policy).Statement :
    statement.Effect == "Deny" && statement.Principal == "*" && statement.Action == "s3:*" && try(statement.Condition.Bool["aws:SecureTransport"], "") == "false"])
    error_message = "The bucket must refuse requests without TLS."
  }
  assert {
    condition     = [for rule in aws_s3_bucket_lifecycle_configuration.files.rule : try(rule.expiration[0].days, 0) if try(rule.filter[0].prefix, "") == "quarantine/"] == [7]
    error_message = "What lies in quarantine must go away by itself."
  }

  # Network
  assert {
    condition     = toset([for subnet in aws_subnet.isolated : subnet.availability_zone]) == toset(["eu-central-1a", "eu-central-1b", "eu-central-1c"])
    error_message = "Three zones are used."
  }
  assert {
    condition     = length(distinct(concat([for subnet in aws_subnet.public : subnet.cidr_block], [for subnet in aws_subnet.private : subnet.cidr_block], [for subnet in aws_subnet.isolated : subnet.cidr_block]))) == 9
    error_message = "No two subnets may have the same range."
  }
  assert {
    condition     = length(aws_nat_gateway.main) == 3
    error_message = "Each zone has a NAT gateway of its own."
  }
  assert {
    condition     = toset([for rule in [aws_vpc_security_group_ingress_rule.balancer_https, aws_vpc_security_group_ingress_rule.balancer_http] : rule.from_port]) == toset([80, 443])
    error_message = "Only HTTPS, and HTTP for its redirect, are open to the world."
  }
  assert {
    condition = alltrue([for rule in [aws_vpc_security_group_ingress_rule.server, aws_vpc_security_group_ingress_rule.database, aws_vpc_security_group_ingress_rule.cache] :
    rule.cidr_ipv4 == null && rule.from_port == rule.to_port])
    error_message = "Behind the load balancer, one group is let in to one port."
  }
  assert {
    condition     = aws_vpc_endpoint.s3.vpc_endpoint_type == "Gateway" && length(aws_vpc_endpoint.s3.route_table_ids) >= 1
    error_message = "Files are reached without the NAT gateways."
  }

  # Balancer
  assert {
    condition     = aws_lb_listener.https.protocol == "HTTPS" && startswith(aws_lb_listener.https.ssl_policy, "ELBSecurityPolicy-TLS13-1-2-")
    error_message = "TLS 1.2 is the oldest that is spoken."
  }
  assert {
    condition     = aws_lb_listener.https.default_action[0].type == "fixed-response" && aws_lb_listener.http.default_action[0].type == "redirect" && aws_lb_listener.http.default_action[0].redirect[0].protocol == "HTTPS"
    error_message = "Other hosts are refused and HTTP is redirected."
  }
  assert {
    condition     = aws_lb_listener_rule.metrics.action[0].type == "fixed-response" && aws_lb_listener_rule.metrics.priority < aws_lb_listener_rule.server.priority
    error_message = "Metrics are not for the outside."
  }
  assert {
    condition     = aws_lb.main.drop_invalid_header_fields && aws_lb.main.enable_deletion_protection
    error_message = "The load balancer must drop malformed headers and be protected from deletion."
  }
  assert {
    condition     = toset(keys(aws_route53_record.server)) == toset(["trace.example.com", "*.trace.example.com"])
    error_message = "The service and its tenants' pages have records."
  }

  # Containers
  assert {
    condition = alltrue(flatten([for definition in aws_ecs_task_definition.main : [for container in jsondecode(definition.container_definitions) :
    container.user == "10001:10001" && container.readonlyRootFilesystem && container.linuxParameters.capabilities.drop == ["ALL"] && endswith(container.image, "@sha256:0000000000000000000000000000000000000000000000000000000000000000")]]))
    error_message = "Every container runs the image by digest, without root, without capabilities, on a read-only root."
  }
  assert {
    condition = alltrue(flatten([for definition in aws_ecs_task_definition.main : [for container in jsondecode(definition.container_definitions) : [for variable in container.environment :
    !can(regex("KEY|SECRET|PASSWORD|TOKEN", variable.name)) && !can(regex("://[^/]*:[^/]*@", variable.value))]]]))
    error_message = "No secret stands in a container's plain environment."
  }
  assert {
    condition = alltrue([for name in ["server", "worker"] : !anytrue([for secret in jsondecode(aws_ecs_task_definition.main[name].container_definitions)[0].secrets :
    contains(["SUYUAN_DATABASE_OWNER_URL", "PGPASSWORD"], secret.name)])])
    error_message = "Servers and workers hold neither the migrator's nor the administrator's password."
  }
  assert {
    condition     = [for container in jsondecode(aws_ecs_task_definition.main["migrate"].container_definitions) : container.name if anytrue([for secret in container.secrets : secret.name == "PGPASSWORD"])] == ["provision"]
    error_message = "The administrator's password is for provisioning alone."
  }
  assert {
    condition     = !anytrue([for secret in jsondecode(aws_ecs_task_definition.main["migrate"].container_definitions)[0].secrets : contains(["SUYUAN_TOKEN_SIGNING_KEY", "SUYUAN_REDIS_URL"], secret.name)])
    error_message = "Provisioning needs the database's addresses and nothing else."
  }
  assert {
    condition     = alltrue([for service in [aws_ecs_service.server, aws_ecs_service.worker] : !service.network_configuration[0].assign_public_ip && !service.enable_execute_command && service.deployment_circuit_breaker[0].rollback])
    error_message = "Tasks have no public address and no shell, and a deployment that fails goes back."
  }
  assert {
    condition     = aws_ecs_task_definition.main["migrate"].task_role_arn == null
    error_message = "The migration has no rights in AWS."
  }

  # Permissions
  assert {
    condition = alltrue([for policy in [aws_iam_role_policy.task, aws_iam_role_policy.execution["service"], aws_iam_role_policy.execution["migrate"]] : alltrue([for statement in jsondecode(policy.policy).Statement :
    !anytrue([for action in flatten([statement.Action]) : endswith(action, "*")]) && (statement.Action == "ecr:GetAuthorizationToken" || !contains(flatten([statement.Resource]), "*"))])])
    error_message = "No role has a wildcard action, and none but the registry's token a wildcard resource."
  }
  assert {
    condition = alltrue([for statement in jsondecode(aws_iam_role_policy.execution["service"].policy).Statement :
    !contains(flatten([statement.Resource]), "arn:aws:secretsmanager:eu-central-1:111122223333:secret:rds-abcdef")])
    error_message = "The service cannot fetch the administrator's password."
  }
  assert {
    condition     = one([for statement in jsondecode(aws_iam_role_policy.execution["service"].policy).Statement : statement.Resource if statement.Sid == "Image"]) == "arn:aws:ecr:eu-central-1:111122223333:repository/suyuan"
    error_message = "Only the service's own repository can be pulled from."
  }
  assert {
    condition     = aws_kms_key.data.enable_key_rotation
    error_message = "The key must be rotated."
  }
}

run "write_ahead_log_on_its_own_volume" {
  command = plan
  variables {
    database_log_volume = true
  }
  assert {
    condition     = aws_db_instance.main.dedicated_log_volume && aws_db_instance.main.storage_type == "io2" && aws_db_instance.main.iops >= 1000
    error_message = "A log volume needs provisioned IOPS."
  }
}

run "wrong_input_is_refused" {
  command = plan
  variables {
    image                   = "111122223333.dkr.ecr.eu-central-1.amazonaws.com/suyuan:latest"
    certificate_arn         = "arn:aws:acm:us-east-1:111122223333:certificate/00000000-0000-4000-8000-000000000000"
    domain_name             = "https://trace.example.com"
    vpc_cidr                = "10.0.0.0/24"
    name                    = "Suyuan"
    cpu_architecture        = "x86"
    database_engine_version = "14"
    database_storage_gib    = { initial = 100, maximum = 100 }
    server                  = { count = 1, cpu = 256, memory = 512 }
    worker                  = { count = 0, cpu = 256, memory = 512 }
    secret_versions         = { admin_password = 1 }
  }
  expect_failures = [
    var.image,
    var.certificate_arn,
    var.domain_name,
    var.vpc_cidr,
    var.name,
    var.cpu_architecture,
    var.database_engine_version,
    var.database_storage_gib,
    var.server,
    var.worker,
    var.secret_versions,
  ]
}
