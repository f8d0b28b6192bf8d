// journalctl, systemctl and virsh are shell functions here that say what those of Debian 12 do; sh, awk, wc and tail are real.
import { execFileSync } from 'node:child_process'
import { appendFileSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { passingFolder } from '../../testing/passing-folder.js'
import { nodeScript, queuesOf, queuesScript, type LogPlace } from './node-script.js'
import { readLook, readQueues } from './read-look.js'

const programs = String.raw`
virsh() { printf '8d1d07f0-a27c-4a4c-8d1d-07f0a27c0001\n\n'; }
systemctl() { printf 'NRestarts=2\nId=nova-compute.service\n\nNRestarts=0\nId=libvirtd.service\n'; }
journalctl() {
  case "$*" in
  *--show-cursor*) printf 'a line\n-- cursor: s=6f1e;i=2a3;b=77;m=1;t=2;x=3\n' ;;
  *'--after-cursor=s=6f1e;i=2a3;b=77;m=1;t=2;x=3') cat <<'said'
1764500000.000001 compute nova-compute[812]: 2026-11-30 08:40:01.123 812 INFO nova.compute.manager [-] all is well
1764500001.000001 compute nova-compute[812]: 2026-11-30 08:40:01.123 812 ERROR nova.compute.manager [None req-1] [instance: 8d1d] Instance failed to spawn: nova.exception.Broken: no
1764500001.000002 compute nova-compute[812]: 2026-11-30 08:40:01.123 812 ERROR nova.compute.manager [instance: 8d1d] Traceback (most recent call last):
1764500001.000003 compute nova-compute[812]: 2026-11-30 08:40:01.123 812 ERROR nova.compute.manager [instance: 8d1d]   File "/usr/lib/python3/dist-packages/nova/compute/manager.py", line 2701, in _build_resources
1764500001.100000 compute libvirtd[400]: End of file while reading data: Input/output error
1764500001.000004 compute nova-compute[812]: 2026-11-30 08:40:01.123 812 ERROR nova.compute.manager [instance: 8d1d]     yield resources
1764500001.000005 compute nova-compute[812]: 2026-11-30 08:40:01.123 812 ERROR nova.compute.manager [instance: 8d1d] nova.exception.Broken: no
1764500001.000006 compute nova-compute[812]: 2026-11-30 08:40:01.123 812 ERROR nova.compute.manager [instance: 8d1d]
1764500002.000001 compute python3[77]: Traceback (most recent call last):
1764500002.000002 compute python3[77]:   File "<string>", line 1, in <module>
1764500002.000003 compute python3[77]: ValueError: one
1764500002.000004 compute python3[77]: During handling of the above exception, another exception occurred:
1764500002.000005 compute python3[77]: Traceback (most recent call last):
1764500002.000006 compute python3[77]:   File "<string>", line 3, in <module>
1764500002.000007 compute python3[77]: KeyError: 'two'
said
  ;;
  esac
}
`

/** Runs the script with the logs of a folder of ours. */
function say(folder: string, since?: LogPlace): string {
  const asked = {
    init: 'systemd',
    roles: ['compute'],
    services: ['nova-compute', 'libvirtd'],
    since,
  } as const
  const script = nodeScript(asked).replaceAll('/var/log', join(folder, 'log'))
  return execFileSync('sh', ['-c', `${programs}\n${script}`], { encoding: 'utf8' })
}

test('a node tells its boot, its domains, its restarts, and where its logs end', () => {
  using folder = passingFolder()
  mkdirSync(join(folder.path, 'log/apache2'), { recursive: true })
  const file = join(folder.path, 'log/apache2/error.log')
  writeFileSync(file, 'Traceback (most recent call last):\nOldError: no\n')
  const { boots, ...look } = readLook('compute', say(folder.path))
  expect(boots['compute']).toMatch(/^[0-9a-f-]{36}$/)
  expect(look).toEqual({
    node: 'compute',
    domains: [{ node: 'compute', id: '8d1d07f0-a27c-4a4c-8d1d-07f0a27c0001' }],
    namespaces: [],
    restarts: [
      { node: 'compute', service: 'nova-compute', count: 2 },
      { node: 'compute', service: 'libvirtd', count: 0 },
    ],
    tracebacks: [],
    place: { cursor: 's=6f1e;i=2a3;b=77;m=1;t=2;x=3', sizes: { [file]: 48 } },
  })
})

test('of what is logged later it tells the exceptions, of lines of several programs that alternate too', () => {
  using folder = passingFolder()
  mkdirSync(join(folder.path, 'log/apache2'), { recursive: true })
  const file = join(folder.path, 'log/apache2/error.log')
  const other = join(folder.path, 'log/apache2/new.log')
  writeFileSync(file, 'Traceback (most recent call last):\nOldError: no\n')
  const { place } = readLook('compute', say(folder.path))
  const prefix = '[Mon Nov 30 08:40:01.12 2026] [wsgi:error] [pid 900:tid 1] '
  appendFileSync(
    file,
    `${prefix}Traceback (most recent call last):\n${prefix}  File "a"\n${prefix}NewError: x\n`,
  )
  writeFileSync(other, 'Traceback (most recent call last):\n  File "b"\nOtherError\n')
  const { tracebacks } = readLook('compute', say(folder.path, place))
  expect(tracebacks).toEqual([
    { node: 'compute', from: 'nova-compute', exception: 'nova.exception.Broken: no' },
    { node: 'compute', from: 'python3', exception: 'ValueError: one' },
    { node: 'compute', from: 'python3', exception: "KeyError: 'two'" },
    { node: 'compute', from: file, exception: 'NewError: x' },
    { node: 'compute', from: other, exception: 'OtherError' },
  ])
})

test('a file that was begun anew is read from its beginning', () => {
  using folder = passingFolder()
  mkdirSync(join(folder.path, 'log/a'), { recursive: true })
  const file = join(folder.path, 'log/a/a.log')
  writeFileSync(file, 'x'.repeat(4000))
  const { place } = readLook('compute', say(folder.path))
  writeFileSync(file, 'Traceback (most recent call last):\n  File "b"\nOtherError\n')
  const { tracebacks } = readLook('compute', say(folder.path, { sizes: place.sizes }))
  expect(tracebacks).toEqual([{ node: 'compute', from: file, exception: 'OtherError' }])
})

test('an answer that was cut short is an error: what is missing would pass for what is well', () => {
  expect(() => readLook('compute', '')).toThrow(/a look at what must hold must come to its end/)
  expect(() => readQueues('controller', 'compute 0 1\n', 'OSError: timed out')).toThrow(/OSError: timed out/)
})

test('queues are asked for by the names of their services, and read', () => {
  const queues = queuesOf(['nova-compute', 'libvirtd'], 'compute')
  expect(queues).toEqual(['compute', 'compute.compute'])
  expect(queuesScript(queues)).toContain(' compute compute.compute')
  expect(readQueues('controller', 'compute 0 1\ncompute.compute 12 0\nend\n')).toEqual([
    { name: 'compute', messages: 0, consumers: 1 },
    { name: 'compute.compute', messages: 12, consumers: 0 },
  ])
})
