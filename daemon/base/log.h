/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef HOPTHU_LOG_H
#define HOPTHU_LOG_H

/*
 * What technicians read: one line a message on standard error (systemd's journal takes it from
 * there, with its <priority> prefix).  Never a secret, never a whole entry.  Only flow, api and
 * daemon log; lower layers return errors.
 */
enum log_level { LOG_LEVEL_ERROR, LOG_LEVEL_WARNING, LOG_LEVEL_INFO, LOG_LEVEL_DEBUG };

void log_set_level(enum log_level level);
int log_level_from(const char *word); /* -1: none of "error" "warning" "info" "debug" */
void log_error(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
void log_warn(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
void log_info(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
void log_debug(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
#endif
