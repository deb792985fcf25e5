/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef HOPTHU_NOTIFY_H
#define HOPTHU_NOTIFY_H

#include <stdint.h>

/*
 * What systemd is told (sd_notify(3), Type=notify or notify-reload).  Without systemd nothing
 * happens.  The only home of systemd/.
 */
void notify_ready(void);     /* at start, and again when a reload is over */
void notify_reloading(void); /* reading the configuration anew */
void notify_stopping(void);  /* draining */
/* One line for `systemctl status`. */
void notify_status(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/* Microseconds between two signs of life that systemd expects, or 0; call alive in half of that. */
uint64_t notify_watchdog_us(void);
void notify_alive(void);
#endif
