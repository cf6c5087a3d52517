resource "aws_db_subnet_group" "main" {
  name       = var.name
  subnet_ids = [for subnet in aws_subnet.isolated : subnet.id]
}

resource "aws_db_parameter_group" "main" {
  name_prefix = "${var.name}-"
  family      = "postgres${var.database_engine_version}"

  dynamic "parameter" {
    for_each = {
      "rds.force_ssl"                       = "1"
      "password_encryption"                 = "scram-sha-256"
      "rds.accepted_password_auth_method"   = "scram"
      "jit"                                 = "0"
      "idle_in_transaction_session_timeout" = "60000"
      "log_lock_waits"                      = "1"
      "log_min_duration_statement"          = "1000"
      # The values of a slow statement are tenants' data and stay out of the log.
      "log_parameter_max_length" = "0"
      # A forgotten replication slot must not fill the disk with write-ahead log (MiB).
      "max_slot_wal_keep_size" = "10240"
    }
    content {
      name  = parameter.key
      value = parameter.value
    }
  }

  lifecycle {
    create_before_destroy = true
  }
}

resource "aws_cloudwatch_log_group" "database" {
  for_each          = toset(["postgresql", "upgrade"])
  name              = "/aws/rds/instance/${var.name}/${each.key}"
  retention_in_days = 90
  kms_key_id        = aws_kms_key.data.arn
}

resource "aws_db_instance" "main" {
  identifier     = var.name
  engine         = "postgres"
  engine_version = var.database_engine_version
  instance_class = var.database_instance_class
  multi_az       = true

  storage_type          = var.database_log_volume ? "io2" : "gp3"
  iops                  = var.database_log_volume ? 3000 : null
  allocated_storage     = var.database_storage_gib.initial
  max_allocated_storage = var.database_storage_gib.maximum
  dedicated_log_volume  = var.database_log_volume
  storage_encrypted     = true
  kms_key_id            = aws_kms_key.data.arn

  # The administrator's password is made and rotated by RDS; it never passes through here.
  username                      = "suyuan_admin"
  manage_master_user_password   = true
  master_user_secret_kms_key_id = aws_kms_key.data.arn

  db_subnet_group_name   = aws_db_subnet_group.main.name
  vpc_security_group_ids = [aws_security_group.database.id]
  publicly_accessible    = false
  parameter_group_name   = aws_db_parameter_group.main.name

  backup_retention_period   = 35
  backup_window             = "18:00-19:00"
  maintenance_window        = "sun:19:30-sun:20:30"
  copy_tags_to_snapshot     = true
  delete_automated_backups  = false
  deletion_protection       = true
  skip_final_snapshot       = false
  final_snapshot_identifier = "${var.name}-final"

  auto_minor_version_upgrade      = true
  enabled_cloudwatch_logs_exports = ["postgresql", "upgrade"]
  performance_insights_enabled    = true
  performance_insights_kms_key_id = aws_kms_key.data.arn

  depends_on = [aws_cloudwatch_log_group.database]
}

# A database whose write-ahead log has no room stops and stays down; storage grows by itself, and this tells when it does not.
resource "aws_cloudwatch_metric_alarm" "database_storage" {
  alarm_name          = "${var.name}-database-storage"
  alarm_description   = "The database has less than 10 % of its first storage free."
  namespace           = "AWS/RDS"
  metric_name         = "FreeStorageSpace"
  dimensions          = { DBInstanceIdentifier = aws_db_instance.main.identifier }
  statistic           = "Minimum"
  period              = 300
  evaluation_periods  = 1
  comparison_operator = "LessThanThreshold"
  threshold           = var.database_storage_gib.initial * 1024 * 1024 * 1024 / 10
  treat_missing_data  = "breaching"
  alarm_actions       = var.alarm_topic_arns
  ok_actions          = var.alarm_topic_arns
}
