import type { Contract } from '../contract/index.js'

/** Shell commands in the words of an init system. */
export interface InitWords {
  /** Prints one line with the state of each service. */
  states: (services: readonly string[]) => string
  /** Prints a service's last log lines. */
  log: (service: string) => string
  order: (verb: Verb, services: readonly string[]) => string
  /** Sends a signal to all processes of a service. */
  signal: (signal: ServiceSignal, service: string) => string
}

/** signal(7). */
export type ServiceSignal = 'KILL' | 'STOP' | 'CONT'

export type Verb = 'start' | 'stop' | 'restart'

// An init script of the Linux Standard Base exits 0 when the service runs, 3 when it does not, and 4 when that cannot be
// said, as while it starts. Of meta-openstack's own scripts those since havana exit 0 in any case, and say it in words;
// grizzly's know no `status`, but where the process's number is written.
const scriptState = `state() {
  said=$(service "$1" status 2>&1)
  case "$? $said" in
  '0 '*'not running'*) echo inactive ;;
  '0 '*) echo active ;;
  '4 '*) echo activating ;;
  *Usage:*)
    pid=$(eval "$(grep -E '^(SUFFIX|DESC|PIDFILE)=' "/etc/init.d/$1")"; cat "$PIDFILE" 2>/dev/null)
    [ -n "$pid" ] && [ -d "/proc/$pid" ] && echo active || echo inactive
    ;;
  *) echo inactive ;;
  esac
}`

// The number of the process that an init script has noted, and with it those of all below it (proc(5), PPid).
const scriptProcess = `process() {
  file=$(eval "$(grep -E '^(SUFFIX|DESC|NAME|PIDFILE)=' "/etc/init.d/$1")"; echo "$PIDFILE")
  cat "\${file:-/run/$1.pid}"
}
all() {
  echo "$1"
  for child in $(grep -l "^PPid:[[:space:]]$1$" /proc/[0-9]*/status 2>/dev/null | cut -d/ -f3); do all "$child"; done
}`

// killall(1) of busybox does not wait.
const ended = (services: readonly string[]): string =>
  `killall ${services.join(' ')} && while pidof ${services.join(' ')} >/dev/null; do :; done`

export const initWords: Record<Contract['init'], InitWords> = {
  systemd: {
    states: (services) => `systemctl is-active ${services.join(' ')}`,
    log: (service) => `journalctl --no-pager --output=cat --unit=${service} --lines=12`,
    order: (verb, services) => `systemctl ${verb} ${services.join(' ')}`,
    signal: (signal, service) => `systemctl kill --kill-whom=all --signal=${signal} ${service}`,
  },
  sysv: {
    states: (services) => `${scriptState}; for service in ${services.join(' ')}; do state $service; done`,
    log: (service) => `tail -q -n 12 /var/log/${service}/*.log /var/log/*/${service}.log 2>/dev/null`,
    order: (verb, services) => services.map((service) => `service ${service} ${verb}`).join(' && '),
    // The one that its script knows, and those that it has started.
    signal: (signal, service) => `${scriptProcess}; pid=$(process ${service}) && kill -${signal} $(all $pid)`,
  },
  // Busybox's init knows no services: a service is a program that runs, and syslogd(8) notes what it says.
  busybox: {
    states: (services) =>
      services.map((service) => `pidof ${service} >/dev/null && echo active || echo inactive`).join('; '),
    log: (service) => `grep -F ${service} /var/log/messages | tail -n 12`,
    order: (verb, services) =>
      [...(verb === 'start' ? [] : [ended(services)]), ...(verb === 'stop' ? [] : services)].join(' && '),
    signal: (signal, service) => `killall -${signal} ${service}`,
  },
}
