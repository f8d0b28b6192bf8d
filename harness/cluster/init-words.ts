import type { Contract } from '../contract/index.js'

/** Shell commands in the words of an init system. */
export interface InitWords {
  /** Prints one line with the state of each service. */
  states: (services: readonly string[]) => string
  /** Prints a service's last log lines. */
  log: (service: string) => string
  order: (verb: Verb, services: readonly string[]) => string
}

export type Verb = 'start' | 'stop' | 'restart'

export const initWords: Record<Contract['init'], InitWords> = {
  systemd: {
    states: (services) => `systemctl is-active ${services.join(' ')}`,
    log: (service) => `journalctl --no-pager --output=cat --unit=${service} --lines=12`,
    order: (verb, services) => `systemctl ${verb} ${services.join(' ')}`,
  },
  // Init scripts as the Linux Standard Base has them: `status` exits 0 when the service runs, 3 when it does not, and 4
  // when that cannot be said, as while it starts.
  sysv: {
    states: (services) =>
      services
        .map(
          (service) =>
            `service ${service} status >/dev/null 2>&1; ` +
            'case $? in 0) echo active ;; 4) echo activating ;; *) echo inactive ;; esac',
        )
        .join('; '),
    log: (service) => `tail -q -n 12 /var/log/${service}/*.log /var/log/*/${service}.log 2>/dev/null`,
    order: (verb, services) => services.map((service) => `service ${service} ${verb}`).join(' && '),
  },
  // Busybox's init knows no services: a service is a program that runs, and syslogd(8) notes what it says.
  busybox: {
    states: (services) =>
      services.map((service) => `pidof ${service} >/dev/null && echo active || echo inactive`).join('; '),
    log: (service) => `grep -F ${service} /var/log/messages | tail -n 12`,
    order: (verb, services) =>
      [
        ...(verb === 'start' ? [] : [`killall ${services.join(' ')}`]),
        ...(verb === 'stop' ? [] : services),
      ].join(' && '),
  },
}
