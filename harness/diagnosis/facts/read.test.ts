import { expect, test } from 'vitest'
import { readFacts } from './read.js'

const output = (parts: Record<string, string>): string =>
  `${Object.entries(parts)
    .map(([name, text]) => `\n@part ${name}\n${text}`)
    .join('\n')}\n\n@end\n`

test('what programs say becomes facts', () => {
  const { facts, whole } = readFacts(
    output({
      clock: '1764412871 UTC\ncontroller',
      names: '192.168.7.2 controller\n192.168.7.4 compute',
      links:
        '2: eth0: <BROADCAST,MULTICAST,UP,LOWER_UP> mtu 1500 qdisc fq state UP mode DEFAULT\n9: tap12ab: <UP> mtu 1450',
      addresses: '2: eth0    inet 192.168.7.2/24 brd 192.168.7.255 scope global eth0',
      sockets:
        'tcp LISTEN 0 128 0.0.0.0:5672 0.0.0.0:* users:(("beam.smp",pid=12,fd=9))\ntcp LISTEN 7 128 0.0.0.0:8778 0.0.0.0:* users:(("uwsgi",pid=3,fd=4))',
      rules: '*filter\n:INPUT ACCEPT [12:34]\n-A INPUT -p tcp --dport 5672 -j DROP\nCOMMIT',
      'rules in qdhcp-1': '*filter\n-A INPUT -p udp --dport 67 -j DROP',
      room: 'Filesystem 1024-blocks Used Available Capacity Mounted on\n/dev/vda 1000 990 10 99% /',
      switch:
        'ab\n    Bridge br-tun\n        fail_mode: secure\n        Port br-tun\n            Interface br-tun\n                type: internal\n        Port "tap12"\n            tag: 4',
      'flows br-tun':
        ' cookie=0x0, duration=1.2s, table=0, n_packets=9, n_bytes=9, priority=5,udp actions=drop',
      properties: 'Id=a.service\nActiveState=active\nId=b.service\nActiveState=failed',
      processes:
        'Name:\tuwsgi\nState:\tT (stopped)\nPid:\t7\nPPid:\t1\nTracerPid:\t0\nUid:\t64\t64\t64\t64\nVmRSS:\t 900 kB',
      'units of processes': '/proc/7/cgroup:0::/system.slice/placement-api.service',
      limits: '/proc/7/limits:Max open files            1024                 4096                 files',
      settings: 'net.ipv4.ip_forward = 1\nfs.file-nr = 1 2 3',
    }),
  )
  expect(whole).toBe(true)
  const values = Object.fromEntries(facts.kinds.map((kind) => [kind, Object.fromEntries(facts.of(kind))]))
  expect(values).toMatchObject({
    clock: { seconds: '1764412871', zone: 'UTC' },
    'host name': { kernel: 'controller' },
    resolves: { controller: '192.168.7.2', compute: '192.168.7.4' },
    link: { eth0: 'up mtu 1500' },
    address: { '192.168.7.2/24 on eth0': 'present' },
    listens: { 'tcp 0.0.0.0:5672': 'beam.smp' },
    waiting: { '0.0.0.0:8778': '7' },
    policy: { 'filter INPUT': 'ACCEPT' },
    rule: {
      'filter: -A INPUT -p tcp --dport 5672 -j DROP': 'present',
      'in qdhcp-1, filter: -A INPUT -p udp --dport 67 -j DROP': 'present',
    },
    room: { '/': '99% of 1000, 10 left' },
    bridge: { 'br-tun': 'present' },
    port: { 'br-tun of br-tun': 'present' },
    flow: { 'br-tun: table=0, priority=5,udp actions=drop': 'present' },
    property: { 'ActiveState of a.service': 'active', 'ActiveState of b.service': 'failed' },
    'stands still': { 'uwsgi (process 7, user 64)': 'stopped' },
    'unit of process': { 7: 'placement-api.service' },
    limit: { 'open files of uwsgi': '1024' },
    setting: { 'net.ipv4.ip_forward': '1' },
  })
  expect(values['link']).not.toHaveProperty('tap12ab')
  expect(values['setting']).not.toHaveProperty('fs.file-nr')
})

test('files: rights, sums, lines of those that are settings; a path may have spaces and colons do not end it', () => {
  const { facts } = readFacts(
    output({
      files:
        '/etc/my file regular file 640 root:nova:0:64 12 1764412871\n/etc/x directory 755 UNKNOWN:root:7:0 4096 1',
      digests: 'd41d8cd98f00b204e9800998ecf8427e  /etc/my file',
      texts: '/etc/nova/nova.conf:[neutron]\n/etc/nova/nova.conf:password = a:b',
    }),
  )
  expect(facts.get('rights', '/etc/my file')).toBe('regular file root:nova 640')
  expect(facts.get('rights', '/etc/x')).toBe('directory 7:root 755')
  expect(facts.get('changed', '/etc/my file')).toBe('1764412871')
  expect(facts.get('content', '/etc/my file')).toBe('d41d8cd98f00b204e9800998ecf8427e')
  expect(facts.get('text', '/etc/nova/nova.conf')).toBe('[neutron]\npassword = a:b')
})

test('find(1) tells the same as stat(1), and where links lead', () => {
  const { facts } = readFacts(
    output({
      files: [
        '/etc/my file f 640 root:nova:0:64 12 1764412871.0123456789 ',
        '/etc/localtime l 777 root:root:0:0 27 1764412870.5 /usr/share/zoneinfo/Etc/UTC',
        '/etc/gone d 755 7:root:7:0 4096 1.0 ',
      ].join('\n'),
    }),
  )
  expect(facts.get('rights', '/etc/my file')).toBe('regular file root:nova 640')
  expect(facts.get('changed', '/etc/my file')).toBe('1764412871')
  expect(facts.get('leads to', '/etc/localtime')).toBe('/usr/share/zoneinfo/Etc/UTC')
  expect(facts.get('rights', '/etc/gone')).toBe('directory 7:root 755')
  expect(facts.get('leads to', '/etc/gone')).toBeUndefined()
})

test('who uses the processor is told by its share of it; the kernel itself is nobody', () => {
  const status = (pid: number, name: string, parent: number): string =>
    `Name:\t${name}\nState:\tR (running)\nPid:\t${pid}\nPPid:\t${parent}\nTracerPid:\t0\nUid:\t0\t0\t0\t0\nVmRSS:\t 900 kB`
  const stat = (pid: number, name: string, ticks: number): string =>
    `${pid} (${name}) R ${'0 '.repeat(10)}${ticks} 0 0`
  const { facts } = readFacts(
    output({
      'ticks before': [
        '100.00 5.00',
        stat(7, 'yes', 0),
        stat(8, 'ssh d', 0),
        stat(15, 'rcu_preempt', 0),
      ].join('\n'),
      'ticks after': [
        '110.00 5.00',
        stat(7, 'yes', 900),
        stat(8, 'ssh d', 50),
        stat(15, 'rcu_preempt', 900),
      ].join('\n'),
      processes: [status(7, 'yes', 1), status(8, 'ssh d', 1), status(15, 'rcu_preempt', 2)].join('\n'),
    }),
  )
  expect([...facts.of('uses the processor')]).toEqual([['yes (process 7)', '90 %']])
})

test('of a script that was cut short the last part is not believed', () => {
  const cut = readFacts('@part settings\na = 1\n@part modules\nkvm 1 2')
  expect(cut.whole).toBe(false)
  expect(cut.facts.kinds).toContain('setting')
  expect(cut.facts.kinds).not.toContain('module')
})

test('whatever a guest says is a fact, or nothing', () => {
  const hostile = ['__proto__', 'constructor', '@part', '\u0000', '= = =', ':::', '-A', '%s'.repeat(50)]
  for (const part of [
    'sockets',
    'rules',
    'switch',
    'limits',
    'properties',
    'files',
    'texts',
    'settings',
    'records of x',
  ])
    expect(() => readFacts(output({ [part]: hostile.join('\n') }))).not.toThrow()
})

test('a process that has ended runs no more, though nobody has asked how it ended', () => {
  const status = (pid: number, name: string, state: string): string =>
    `Name:\t${name}\nState:\t${state}\nPid:\t${pid}\nPPid:\t1\nUid:\t0\t0\t0\t0`
  const processes = [status(7, 'httpd', 'Z (zombie)'), status(8, 'syslogd', 'S (sleeping)')].join('\n')
  const { facts } = readFacts(output({ processes }))
  expect([...facts.of('processes')]).toEqual([['syslogd of user 0', '1']])
})
