//! The parameters of MySQL that RDS lets see or set: those that people set, and enough of the rest to fill pages.

/// A parameter of an engine.
#[derive(Debug)]
pub struct Parameter {
    pub name: &'static str,
    /// `integer`, `string`, `boolean`, `list`, `float`.
    pub data: &'static str,
    /// Whether it takes effect without a reboot.
    pub dynamic: bool,
    /// Ranges and words, with commas; empty where anything goes.
    pub allowed: &'static str,
    pub default: Option<&'static str>,
    /// Whether the person may set it. What AWS sets itself comes from `system`.
    pub modifiable: bool,
}

const fn new(name: &'static str, data: &'static str, allowed: &'static str, dynamic: bool) -> Parameter {
    Parameter { name, data, dynamic, allowed, default: None, modifiable: true }
}

/// Takes effect at once.
const fn dynamic(name: &'static str, data: &'static str, allowed: &'static str) -> Parameter {
    new(name, data, allowed, true)
}

/// Takes effect with the next reboot.
const fn fixed(name: &'static str, data: &'static str, allowed: &'static str) -> Parameter {
    new(name, data, allowed, false)
}

const fn flag(name: &'static str) -> Parameter {
    new(name, "boolean", "0,1", true)
}

/// Set by AWS, to be seen only.
const fn system(name: &'static str, data: &'static str, value: &'static str) -> Parameter {
    Parameter { default: Some(value), modifiable: false, ..new(name, data, "", false) }
}

const CHARACTER_SETS: &str = "big5,dec8,cp850,hp8,koi8r,latin1,latin2,swe7,ascii,ujis,sjis,hebrew,tis620,euckr,koi8u,gb2312,\
greek,cp1250,gbk,latin5,armscii8,utf8,ucs2,cp866,keybcs2,macce,macroman,cp852,latin7,utf8mb3,utf8mb4,cp1251,utf16,cp1256,cp1257,\
utf32,binary,geostd8,cp932,eucjpms";
const COLLATIONS: &str = "latin1_swedish_ci,latin1_general_ci,latin1_bin,ascii_general_ci,ascii_bin,utf8_general_ci,utf8_bin,\
utf8_unicode_ci,utf8mb3_general_ci,utf8mb4_general_ci,utf8mb4_bin,utf8mb4_unicode_ci,utf8mb4_unicode_520_ci,utf8mb4_0900_ai_ci,\
utf8mb4_0900_as_ci,utf8mb4_0900_as_cs,utf8mb4_0900_bin,binary";
const MEMORY: &str = "0-18446744073709551615";
const U32: &str = "0-4294967295";

/// In the order of their names, which is how RDS lists them.
pub const ALL: &[Parameter] = &[
    flag("activate_all_roles_on_login"),
    new("allow-suspicious-udfs", "boolean", "0,1", false),
    dynamic("auto_increment_increment", "integer", "1-65535"),
    dynamic("auto_increment_offset", "integer", "1-65535"),
    flag("autocommit"),
    fixed("back_log", "integer", "1-65535"),
    system("basedir", "string", "/rdsdbbin/mysql"),
    dynamic("binlog_cache_size", "integer", "4096-18446744073709547520"),
    dynamic("binlog_checksum", "string", "NONE,CRC32"),
    Parameter { default: Some("MIXED"), ..dynamic("binlog_format", "string", "ROW,STATEMENT,MIXED") },
    dynamic("binlog_row_image", "string", "full,minimal,noblob"),
    new("character-set-client-handshake", "boolean", "0,1", false),
    dynamic("character_set_client", "string", CHARACTER_SETS),
    dynamic("character_set_connection", "string", CHARACTER_SETS),
    dynamic("character_set_database", "string", CHARACTER_SETS),
    dynamic("character_set_filesystem", "string", CHARACTER_SETS),
    dynamic("character_set_results", "string", CHARACTER_SETS),
    dynamic("character_set_server", "string", CHARACTER_SETS),
    dynamic("collation_connection", "string", COLLATIONS),
    dynamic("collation_server", "string", COLLATIONS),
    dynamic("connect_timeout", "integer", "2-31536000"),
    system("datadir", "string", "/rdsdbdata/db/"),
    dynamic("default_storage_engine", "string", "InnoDB"),
    dynamic("default_week_format", "integer", "0-7"),
    flag("event_scheduler"),
    flag("explicit_defaults_for_timestamp"),
    flag("general_log"),
    system("general_log_file", "string", "/rdsdbdata/log/general/mysql-general.log"),
    dynamic("group_concat_max_len", "integer", "4-18446744073709551615"),
    fixed("gtid-mode", "string", "OFF,OFF_PERMISSIVE,ON_PERMISSIVE,ON"),
    dynamic("init_connect", "string", ""),
    flag("innodb_adaptive_hash_index"),
    fixed("innodb_autoinc_lock_mode", "integer", "0-2"),
    Parameter {
        default: Some("{DBInstanceClassMemory*3/4}"),
        ..dynamic("innodb_buffer_pool_size", "integer", "5242880-18446744073709551615")
    },
    system("innodb_data_home_dir", "string", "/rdsdbdata/db/innodb"),
    flag("innodb_file_per_table"),
    dynamic("innodb_flush_log_at_trx_commit", "integer", "0-2"),
    fixed("innodb_flush_method", "string", "O_DIRECT"),
    fixed("innodb_ft_min_token_size", "integer", "0-16"),
    dynamic("innodb_io_capacity", "integer", "100-18446744073709551615"),
    dynamic("innodb_lock_wait_timeout", "integer", "1-1073741824"),
    fixed("innodb_log_buffer_size", "integer", "262144-4294967295"),
    fixed("innodb_log_file_size", "integer", "4194304-274877906944"),
    dynamic("innodb_max_dirty_pages_pct", "float", "0-99"),
    flag("innodb_print_all_deadlocks"),
    fixed("innodb_purge_threads", "integer", "1-32"),
    fixed("innodb_read_io_threads", "integer", "1-64"),
    flag("innodb_strict_mode"),
    fixed("innodb_write_io_threads", "integer", "1-64"),
    dynamic("interactive_timeout", "integer", "1-31536000"),
    dynamic("join_buffer_size", "integer", "128-18446744073709547520"),
    dynamic("lc_time_names", "string", ""),
    flag("local_infile"),
    dynamic("lock_wait_timeout", "integer", "1-31536000"),
    flag("log_bin_trust_function_creators"),
    dynamic("log_error_verbosity", "integer", "1-3"),
    dynamic("log_output", "string", "TABLE,FILE,NONE"),
    flag("log_queries_not_using_indexes"),
    dynamic("long_query_time", "float", "0-31536000"),
    fixed("lower_case_table_names", "integer", "0,1"),
    dynamic("max_allowed_packet", "integer", "1024-1073741824"),
    dynamic("max_connect_errors", "integer", "1-9223372036854775807"),
    Parameter {
        default: Some("{DBInstanceClassMemory/12582880}"),
        ..dynamic("max_connections", "integer", "1-100000")
    },
    dynamic("max_execution_time", "integer", MEMORY),
    dynamic("max_heap_table_size", "integer", "16384-1844674407370954752"),
    dynamic("max_prepared_stmt_count", "integer", "0-4194304"),
    dynamic("net_read_timeout", "integer", "1-31536000"),
    dynamic("net_write_timeout", "integer", "1-31536000"),
    fixed("performance_schema", "boolean", "0,1"),
    system("pid_file", "string", "/rdsdbdata/log/mysql-{EndPointPort}.pid"),
    system("port", "integer", "{EndPointPort}"),
    dynamic("read_buffer_size", "integer", "8200-2147479552"),
    flag("read_only"),
    dynamic("read_rnd_buffer_size", "integer", "8200-2147479552"),
    flag("require_secure_transport"),
    system("server_id", "integer", "{ServerId}"),
    fixed("skip-slave-start", "boolean", "0,1"),
    fixed("skip_name_resolve", "boolean", "0,1"),
    flag("slow_query_log"),
    system("slow_query_log_file", "string", "/rdsdbdata/log/slowquery/mysql-slowquery.log"),
    system("socket", "string", "/tmp/mysql.sock"),
    dynamic("sort_buffer_size", "integer", "32768-18446744073709551615"),
    dynamic("sql_mode", "string", ""),
    dynamic("sync_binlog", "integer", U32),
    dynamic("table_definition_cache", "integer", "400-524288"),
    Parameter { default: Some("4000"), ..dynamic("table_open_cache", "integer", "1-524288") },
    dynamic("thread_cache_size", "integer", "0-16384"),
    dynamic("time_zone", "string", ""),
    dynamic("tls_version", "list", "TLSv1.2,TLSv1.3"),
    dynamic("tmp_table_size", "integer", "1024-18446744073709551615"),
    dynamic(
        "transaction_isolation",
        "string",
        "READ-UNCOMMITTED,READ-COMMITTED,REPEATABLE-READ,SERIALIZABLE",
    ),
    dynamic("wait_timeout", "integer", "1-31536000"),
];

impl Parameter {
    /// Whether it can have a value: a number within a range, a word of the list, a formula of the instance's own size.
    #[must_use]
    pub fn takes(&self, value: &str) -> bool {
        let formula =
            value.starts_with('{') && value.ends_with('}') && matches!(self.data, "integer" | "float");
        if self.allowed.is_empty() || formula {
            return true;
        }
        let several = self.data == "list" || self.name == "log_output";
        let mut values = value.split(if several { &[','][..] } else { &[][..] });
        values.all(|value| self.allowed.split(',').any(|allowed| fits(allowed, value)))
    }
}

fn fits(allowed: &str, value: &str) -> bool {
    let range = || {
        let (low, high) = allowed.split_once('-')?;
        Some(low.parse::<f64>().ok()?..=high.parse::<f64>().ok()?)
    };
    match range() {
        Some(range) => value.parse().is_ok_and(|number: f64| range.contains(&number)),
        None => allowed == value,
    }
}

#[cfg(test)]
mod tests {
    use super::ALL;

    #[test]
    fn a_parameter_takes_what_rds_lists_as_allowed() {
        let takes = |name, value| ALL.iter().find(|p| p.name == name).unwrap().takes(value);
        assert!(takes("character_set_server", "utf8mb4") && !takes("character_set_server", "utf9"));
        assert!(takes("max_connections", "200") && !takes("max_connections", "0"));
        assert!(takes("max_connections", "{DBInstanceClassMemory/12582880}"));
        assert!(takes("transaction_isolation", "READ-COMMITTED") && !takes("gtid-mode", "off"));
        assert!(takes("tls_version", "TLSv1.2,TLSv1.3") && !takes("binlog_format", "ROW,MIXED"));
    }

    #[test]
    fn the_table_is_in_order() {
        assert!(ALL.is_sorted_by_key(|parameter| parameter.name));
    }
}
