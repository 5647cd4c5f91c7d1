locals {
  # Tables of the control plane. No key begins with a time or a counter: rows that are written one after another would
  # all land on one server. Times are the commit's own, so that no clock of a client decides on an order.
  tables = [
    <<-SQL
    CREATE TABLE Projects (
      ProjectId STRING(30) NOT NULL,
      ProjectNumber INT64,
      Purpose STRING(20) NOT NULL,
      Revision STRING(64) NOT NULL,
      UpdatedAt TIMESTAMP NOT NULL OPTIONS (allow_commit_timestamp = true),
    ) PRIMARY KEY (ProjectId)
    SQL
    ,
    <<-SQL
    CREATE TABLE Shards (
      ShardId STRING(30) NOT NULL,
      ProjectId STRING(30) NOT NULL,
      Region STRING(30) NOT NULL,
      State STRING(20) NOT NULL,
      Sites INT64 NOT NULL,
      Revision STRING(64) NOT NULL,
      UpdatedAt TIMESTAMP NOT NULL OPTIONS (allow_commit_timestamp = true),
      CONSTRAINT ShardsProject FOREIGN KEY (ProjectId) REFERENCES Projects (ProjectId),
    ) PRIMARY KEY (ShardId)
    SQL
    ,
    <<-SQL
    CREATE TABLE Tenants (
      TenantId STRING(20) NOT NULL,
      Org STRING(63) NOT NULL,
      Tier STRING(30) NOT NULL,
      State STRING(20) NOT NULL,
      Revision STRING(64) NOT NULL,
      UpdatedAt TIMESTAMP NOT NULL OPTIONS (allow_commit_timestamp = true),
    ) PRIMARY KEY (TenantId)
    SQL
    ,
    # A tenant's environments stand beside it: one read finds them, and a tenant with sites cannot be deleted.
    <<-SQL
    CREATE TABLE Sites (
      TenantId STRING(20) NOT NULL,
      Environment STRING(20) NOT NULL,
      ShardId STRING(30) NOT NULL,
      Edge STRING(10) NOT NULL,
      Generation INT64 NOT NULL,
      Revision STRING(64) NOT NULL,
      UpdatedAt TIMESTAMP NOT NULL OPTIONS (allow_commit_timestamp = true),
      CONSTRAINT SitesShard FOREIGN KEY (ShardId) REFERENCES Shards (ShardId),
    ) PRIMARY KEY (TenantId, Environment),
      INTERLEAVE IN PARENT Tenants ON DELETE NO ACTION
    SQL
    ,
    "CREATE INDEX SitesByShard ON Sites (ShardId)",
    # Events outlive what they are about, so they hang on no tenant. The key is random; `Bucket` spreads the index by
    # time over 31 places (the remainder has a sign), and who reads by time asks each of them.
    <<-SQL
    CREATE TABLE AuditEvents (
      EventId STRING(36) NOT NULL DEFAULT (GENERATE_UUID()),
      Bucket INT64 NOT NULL AS (MOD(FARM_FINGERPRINT(EventId), 16)) STORED,
      OccurredAt TIMESTAMP NOT NULL OPTIONS (allow_commit_timestamp = true),
      TenantId STRING(20),
      ShardId STRING(30),
      Actor STRING(256) NOT NULL,
      Action STRING(64) NOT NULL,
      Revision STRING(64),
      Detail JSON,
    ) PRIMARY KEY (EventId),
      ROW DELETION POLICY (OLDER_THAN(OccurredAt, INTERVAL 1096 DAY))
    SQL
    ,
    "CREATE INDEX AuditEventsByTime ON AuditEvents (Bucket, OccurredAt DESC)",
    "CREATE INDEX AuditEventsByTenant ON AuditEvents (TenantId, OccurredAt DESC)",
  ]
}
