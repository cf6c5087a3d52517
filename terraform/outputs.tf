output "address" {
  description = "Where people reach the service."
  value       = "https://${var.domain_name}"
}

output "load_balancer" {
  description = "What domain_name and *.domain_name must lead to where zone_id is not given."
  value       = aws_lb.main.dns_name
}

output "bucket" {
  description = "The files."
  value       = aws_s3_bucket.files.bucket
}

output "administrator_secret" {
  description = "Secret in which RDS keeps the database administrator's password."
  value       = aws_db_instance.main.master_user_secret[0].secret_arn
}

output "migrate_command" {
  description = "Makes the database and its roles where they are missing, and migrates; to be run after every change of the image or of a secret."
  value = join(" ", [
    "aws ecs run-task --region ${var.region} --cluster ${aws_ecs_cluster.main.name} --launch-type FARGATE",
    "--task-definition ${aws_ecs_task_definition.main["migrate"].family}",
    "--network-configuration 'awsvpcConfiguration={subnets=[${join(",", [for subnet in aws_subnet.private : subnet.id])}],securityGroups=[${aws_security_group.task.id}],assignPublicIp=DISABLED}'",
  ])
}
