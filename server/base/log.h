/*
 * log: one line per entry on standard error: time, level, thread, text.
 *
 * Control characters become '?', so nobody can forge a line. Secrets are masked by type: a value
 * that may be secret is passed through log_secret(), which never prints it. Any thread.
 */
#ifndef BASE_LOG_H
#define BASE_LOG_H

enum log_level { LOG_DEBUG, LOG_INFO, LOG_WARN, LOG_ERROR };

/* The lowest level that is written; LOG_INFO at start. */
void log_set_level(enum log_level level);
/* "debug", "info", "warn", "error"; -1 for anything else. */
int log_level_parse(const char *s);

void log_at(enum log_level level, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
#define log_debug(...) log_at(LOG_DEBUG, __VA_ARGS__)
#define log_info(...) log_at(LOG_INFO, __VA_ARGS__)
#define log_warn(...) log_at(LOG_WARN, __VA_ARGS__)
#define log_error(...) log_at(LOG_ERROR, __VA_ARGS__)

/* "(set)" or "(not set)". */
const char *log_secret(const char *value);

#endif
