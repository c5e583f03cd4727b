/* The table of SQL statements, indexed by enum store_statement. */
#include "store/driver.h"

const struct store_statement_text store_statement_texts[STMT_COUNT] = {
#define STATEMENT(name, sql) [STMT_##name] = {#name, sql, sql},
#define STATEMENT2(name, sqlite, pgsql) [STMT_##name] = {#name, sqlite, pgsql},
#include "store/statements.def"
#undef STATEMENT
#undef STATEMENT2
};
