locals {
  image_repository = regex("^([0-9]{12})\\.dkr\\.ecr\\.([a-z0-9-]+)\\.amazonaws\\.com(?:\\.cn)?/([^@]+)@", var.image)
  repository_arn   = "arn:${local.partition}:ecr:${local.image_repository[1]}:${local.image_repository[0]}:repository/${local.image_repository[2]}"

  environment = {
    SUYUAN_ENVIRONMENT     = "production"
    SUYUAN_PUBLIC_URL      = "https://${var.domain_name}"
    SUYUAN_HOST            = "0.0.0.0"
    SUYUAN_PORT            = tostring(local.server_port)
    SUYUAN_TRUSTED_PROXIES = "1"
    SUYUAN_S3_BUCKET       = aws_s3_bucket.files.bucket
    SUYUAN_S3_REGION       = var.region
    SUYUAN_S3_PATH_STYLE   = "false"
    # The client checks the database's name and authority; the image carries the latter (infra/docker/certificates).
    PGSSLMODE     = "verify-full"
    PGSSLROOTCERT = "/app/infra/docker/certificates/database.pem"
  }

  database_secrets = {
    SUYUAN_DATABASE_URL        = aws_secretsmanager_secret.main["database_url"].arn
    SUYUAN_DATABASE_RELAY_URL  = aws_secretsmanager_secret.main["database_relay_url"].arn
    SUYUAN_DATABASE_AUTH_URL   = aws_secretsmanager_secret.main["database_auth_url"].arn
    SUYUAN_DATABASE_PUBLIC_URL = aws_secretsmanager_secret.main["database_public_url"].arn
  }
  service_secrets = merge(local.database_secrets, {
    SUYUAN_REDIS_URL         = aws_secretsmanager_secret.main["redis_url"].arn
    SUYUAN_TOKEN_SIGNING_KEY = aws_secretsmanager_secret.main["token_signing_key"].arn
    SUYUAN_ENCRYPTION_KEY    = aws_secretsmanager_secret.main["encryption_key"].arn
  })
  owner_secret = {
    SUYUAN_DATABASE_OWNER_URL = aws_secretsmanager_secret.main["database_owner_url"].arn
  }
  migration_secrets = merge(local.service_secrets, local.owner_secret)
  # The client takes the password from PGPASSWORD where the address has none.
  administrator_secrets = merge(local.database_secrets, local.owner_secret, {
    PGPASSWORD = "${aws_db_instance.main.master_user_secret[0].secret_arn}:password::"
  })

  container = {
    image                  = var.image
    essential              = true
    user                   = "10001:10001"
    readonlyRootFilesystem = true
    mountPoints            = [{ sourceVolume = "tmp", containerPath = "/tmp", readOnly = false }]
    linuxParameters        = { initProcessEnabled = true, capabilities = { drop = ["ALL"], add = [] } }
    environment            = [for name, value in local.environment : { name = name, value = value }]
    secrets                = [for name, arn in local.service_secrets : { name = name, valueFrom = arn }]
    portMappings           = []
    stopTimeout            = 60
  }

  containers = {
    server = [merge(local.container, {
      name             = "server"
      command          = ["serve"]
      portMappings     = [{ containerPort = local.server_port, hostPort = local.server_port, protocol = "tcp" }]
      logConfiguration = local.logs.server
    })]
    worker = [merge(local.container, {
      name             = "worker"
      command          = ["work", "--queues", "short", "long"]
      logConfiguration = local.logs.worker
      }), merge(local.container, {
      # Long documents, which compute without an end, in a process of their own.
      name             = "bulk"
      command          = ["work", "--queues", "bulk"]
      logConfiguration = local.logs.worker
    })]
    # First the administrator makes what is missing of database and roles, then the migrator brings the schema to the newest revision.
    migrate = [
      merge(local.container, {
        name       = "provision"
        essential  = false
        entryPoint = ["python", "-m", "infra.docker.provision"]
        command    = []
        environment = concat(local.container.environment, [
          { name = "DATABASE_ADMIN_URL", value = "postgresql://${aws_db_instance.main.username}@${aws_db_instance.main.address}:5432/postgres" },
        ])
        secrets          = [for name, arn in local.administrator_secrets : { name = name, valueFrom = arn }]
        logConfiguration = local.logs.migrate
      }),
      merge(local.container, {
        name             = "migrate"
        command          = ["migrate"]
        dependsOn        = [{ containerName = "provision", condition = "SUCCESS" }]
        secrets          = [for name, arn in local.migration_secrets : { name = name, valueFrom = arn }]
        logConfiguration = local.logs.migrate
      }),
    ]
  }

  task_sizes = {
    server  = { cpu = var.server.cpu, memory = var.server.memory }
    worker  = { cpu = var.worker.cpu, memory = var.worker.memory }
    migrate = { cpu = 512, memory = 1024 }
  }

  logs = { for name, group in aws_cloudwatch_log_group.task : name => {
    logDriver = "awslogs"
    options = {
      "awslogs-group"         = group.name
      "awslogs-region"        = var.region
      "awslogs-stream-prefix" = name
    }
  } }
}

resource "aws_cloudwatch_log_group" "task" {
  for_each          = toset(["server", "worker", "migrate"])
  name              = "/${var.name}/${each.key}"
  retention_in_days = 90
  kms_key_id        = aws_kms_key.data.arn
}

resource "aws_ecs_cluster" "main" {
  name = var.name
  setting {
    name  = "containerInsights"
    value = "enabled"
  }
}

resource "aws_ecs_task_definition" "main" {
  for_each                 = local.task_sizes
  family                   = "${var.name}-${each.key}"
  requires_compatibilities = ["FARGATE"]
  network_mode             = "awsvpc"
  cpu                      = tostring(each.value.cpu)
  memory                   = tostring(each.value.memory)
  execution_role_arn       = aws_iam_role.execution[each.key == "migrate" ? "migrate" : "service"].arn
  # A migration touches nothing of AWS: it has no role.
  task_role_arn         = each.key == "migrate" ? null : aws_iam_role.task.arn
  container_definitions = jsonencode(local.containers[each.key])

  runtime_platform {
    operating_system_family = "LINUX"
    cpu_architecture        = var.cpu_architecture
  }

  volume {
    name = "tmp"
  }
}

resource "aws_ecs_service" "server" {
  name                              = "server"
  cluster                           = aws_ecs_cluster.main.id
  task_definition                   = aws_ecs_task_definition.main["server"].arn
  desired_count                     = var.server.count
  launch_type                       = "FARGATE"
  health_check_grace_period_seconds = 60
  enable_execute_command            = false

  network_configuration {
    subnets          = [for subnet in aws_subnet.private : subnet.id]
    security_groups  = [aws_security_group.server.id, aws_security_group.task.id]
    assign_public_ip = false
  }

  load_balancer {
    target_group_arn = aws_lb_target_group.server.arn
    container_name   = "server"
    container_port   = local.server_port
  }

  deployment_circuit_breaker {
    enable   = true
    rollback = true
  }

  # Tasks that start before their secrets are written fail, and a deployment of failures is given up.
  depends_on = [aws_lb_listener_rule.server, aws_secretsmanager_secret_version.drawn, aws_secretsmanager_secret_version.redis_url]
}

resource "aws_ecs_service" "worker" {
  name                   = "worker"
  cluster                = aws_ecs_cluster.main.id
  task_definition        = aws_ecs_task_definition.main["worker"].arn
  desired_count          = var.worker.count
  launch_type            = "FARGATE"
  enable_execute_command = false

  network_configuration {
    subnets          = [for subnet in aws_subnet.private : subnet.id]
    security_groups  = [aws_security_group.task.id]
    assign_public_ip = false
  }

  deployment_circuit_breaker {
    enable   = true
    rollback = true
  }

  depends_on = [aws_secretsmanager_secret_version.drawn, aws_secretsmanager_secret_version.redis_url]
}
