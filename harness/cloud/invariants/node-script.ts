import type { Contract } from '../../contract/index.js'
import { quoteWord } from '../../shell-word.js'

/** How far the logs of a node had been written. */
export interface LogPlace {
  /** Of the journal's last entry. */
  cursor?: string
  /** Bytes, by file. */
  sizes: Readonly<Record<string, number>>
}

interface Asked {
  init: Contract['init']
  roles: readonly string[]
  services: readonly string[]
  /** Tracebacks behind it are told; without it none. */
  since: LogPlace | undefined
}

/**
 * One command for all that a node is asked: under TCG the start of each program costs tens of ms. Each part begins with
 * `@part NAME` and is what a program says as it is.
 */
export function nodeScript({ init, roles, services, since }: Asked): string {
  const isSystemd = init === 'systemd'
  const files = isSystemd
    ? '/var/log/*/*.log'
    : '/var/log/messages /var/log/syslog /var/log/*.log /var/log/*/*.log'
  const parts: [name: string, command: string][] = [['boot', 'cat /proc/sys/kernel/random/boot_id']]
  if (roles.includes('compute')) parts.push(['domains', 'virsh -q list --all --uuid'])
  if (roles.includes('network')) parts.push(['namespaces', 'ls /run/netns'])
  if (isSystemd && services.length > 0)
    parts.push(['restarts', `systemctl show -p Id,NRestarts ${services.join(' ')}`])
  if (since) parts.push(['tracebacks', tracebacksSince(since, files, isSystemd)])
  else {
    parts.push(['sizes', `wc -c ${files}`])
    // Without an entry to look at no cursor is told.
    parts.push(['cursor', 'journalctl --no-pager --output=cat --lines=1 --show-cursor'])
  }
  const asked = parts.map(([name, command]) => `echo; echo '@part ${name}'; ${command}`)
  return ['export LC_ALL=C; exec 2>/dev/null', ...asked, "echo; echo '@part end'"].join('\n')
}

/**
 * For each traceback who has logged it, and the first line behind it that is not indented below what stands before every line.
 * Of the journal, lines of several programs alternate.
 */
const lastLines = `awk '
  /^==> .* <==$/ { file = $2; next }
  { from = file == "" ? $3 : file }
  /Traceback \\(most recent call last\\):/ { at[from] = index($0, "Traceback"); next }
  (from in at) && length($0) >= at[from] && substr($0, at[from], 1) != " " {
    print from "\\t" substr($0, at[from], 300)
    delete at[from]
  }'`

function tracebacksSince({ cursor, sizes }: LogPlace, files: string, isSystemd: boolean): string {
  const journal =
    isSystemd && cursor !== undefined
      ? `journalctl --quiet --no-pager --output=short-unix --after-cursor=${quoteWord(cursor)}`
      : ':'
  const known = Object.entries(sizes).map(([file, size]) => `${quoteWord(file)}) old=${size} ;;`)
  return `{
  ${journal}
  wc -c ${files} | while read -r size file; do
    case $file in ${['total) continue ;;', ...known].join(' ')} *) old=0 ;; esac
    # A file may have been begun anew.
    [ "$size" -ge "$old" ] || old=0
    [ "$size" -gt "$old" ] && echo "==> $file <==" && tail -c "+$((old + 1))" "$file"
  done
} | ${lastLines}`
}

/**
 * Asks RabbitMQ for these queues (AMQP 0-9-1, queue.declare, passive). The broker's own rabbitmqctl starts an Erlang machine
 * for that, which takes more than ten seconds under TCG.
 */
export const queuesScript = (queues: readonly string[]): string => `
url=$(sed -n 's/^transport_url *= *//p' /etc/nova/nova.conf | head -n 1)
command -v python3 >/dev/null || { echo end; exit 0; }
exec python3 -c ${quoteWord(askForQueues)} "$url" ${queues.map(quoteWord).join(' ')}`

const askForQueues = `
import sys
try:
    import amqp
except ImportError:
    print("end")
    sys.exit()
user, _, password = sys.argv[1].split("://")[1].rsplit("@", 1)[0].partition(":")
with amqp.Connection("localhost:5672", userid=user, password=password, connect_timeout=10) as connection:
    for name in sys.argv[2:]:
        channel = connection.channel()
        try:
            found = channel.queue_declare(name, passive=True)
            print(found.queue, found.message_count, found.consumer_count)
            channel.close()
        except amqp.exceptions.NotFound:
            pass
print("end")
`

/** The queues that a service has its work from (oslo.messaging: one for its topic, one for the topic on its host). */
const topics: Readonly<Record<string, readonly string[]>> = {
  'nova-conductor': ['conductor'],
  'nova-scheduler': ['scheduler'],
  'nova-compute': ['compute'],
  'neutron-server': ['q-plugin', 'q-l3-plugin', 'q-reports-plugin'],
  'neutron-dhcp-agent': ['dhcp_agent'],
  'neutron-l3-agent': ['l3_agent'],
  'cinder-scheduler': ['cinder-scheduler'],
  'cinder-volume': ['cinder-volume'],
}

export const queuesOf = (services: readonly string[], host: string): string[] =>
  services.flatMap((service) => (topics[service] ?? []).flatMap((topic) => [topic, `${topic}.${host}`]))
