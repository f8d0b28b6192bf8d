import { expect, test } from 'vitest'
import { commandLine, withSetting } from './command-line.js'
import type { Before } from './note.js'
import { readExpectation, readTyped } from './typed-line.js'
import { isUnfinished } from './whole-line.js'

test.each([
  ['', 'nothing'],
  ['# a remark', 'nothing'],
  ['exit', 'exit'],
  ['cd /etc', 'setting'],
  ['cd', 'setting'],
  ['export A=1', 'setting'],
  ["A='b c'", 'setting'],
  ['. /root/.bashrc', 'setting'],
  ['cd /etc && ls', 'command'],
  ['A=$(ls) ls', 'command'],
  ['A=`ls`', 'command'],
  ['cd $(mktemp -d)', 'command'],
  ['exit 3', 'command'],
  ['id=$(openstack token issue)', 'assignment'],
  ['export id="$(hostname)"', 'assignment'],
  ['sleep 3', 'pause'],
  ['sleep 3; ls', 'command'],
  ['vi /etc/hosts', 'screen'],
  ['top', 'screen'],
  ['bash', 'screen'],
  ['su - nova', 'screen'],
  ['mysql nova', 'screen'],
  ['python3 /tmp/repro.py', 'command'],
  ['sh -x repro.sh', 'command'],
  ["psql -c 'select 1'", 'command'],
  ['su nova -s /bin/sh -c id', 'command'],
  ['cat /etc/hosts | less', 'command'],
  ['expect it works', 'word'],
  ['step the second part', 'word'],
  ['expected', 'command'],
])('%j is a %s', (line, kind) => {
  expect(readTyped(line).kind).toBe(kind)
})

test('what is expected is a text, without its quotes, or an exit status', () => {
  expect(readExpectation('"it is  up"')).toEqual({ text: 'it is  up', not: false })
  expect(readExpectation("not 'down'")).toEqual({ text: 'down', not: true })
  expect(readExpectation('status 3')).toEqual({ status: 3 })
  expect(readExpectation('status')).toEqual({ text: 'status', not: false })
  expect(readExpectation(' ')).toBeUndefined()
})

test('what changes a shell is done again before a command, but for what no longer counts', () => {
  const typed: Before[] = [
    ...[{ text: 'cd /etc' }, { text: 'export A=1' }, { variable: 'B', value: 'x y' }, { text: 'cd nova' }],
    ...[{ text: 'A=2' }, { variable: 'B', value: "z'" }],
  ]
  const before = typed.reduce<Before[]>(withSetting, [])
  expect(commandLine(before, 'ls')).toBe(String.raw`cd /etc && cd nova && A=2 && export B='z'\''' && ls`)
  expect(commandLine(withSetting(before, { text: 'cd /' }), 'ls')).toBe(
    String.raw`A=2 && export B='z'\''' && cd / && ls`,
  )
  const read = [{ text: 'cd /root' }, { text: '. ./openrc' }, { text: 'cd /tmp' }]
  expect(commandLine(read.reduce<Before[]>(withSetting, []), 'ls')).toBe(
    'cd /root && . ./openrc && cd /tmp && ls',
  )
})

test.each([
  'for i in 1 2',
  "echo 'open",
  'ls \\',
  'if true; then',
  'echo "$(',
  'f() {',
  'cat >x <<EOF',
  "cat <<-'E'\none\n",
])('%j goes on', (text) => {
  expect(isUnfinished(text)).toBe(true)
})

test.each([
  'ls',
  'for i in 1 2; do echo; done',
  "echo 'shut'",
  'ls \\\\',
  'fi',
  ')',
  '',
  'cat <<EOF\none\nEOF',
  'wc <<<x',
])('%j does not', (text) => {
  expect(isUnfinished(text)).toBe(false)
})
