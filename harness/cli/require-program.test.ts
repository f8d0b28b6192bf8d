import { expect, test } from 'vitest'
import { requireProgram } from './require-program.js'

test('a program that is there is no reason to complain', async () => {
  await requireProgram('sh', '/nowhere:/bin')
  await requireProgram('/bin/sh', '')
})

test.each([
  ['openstack', '/nowhere', /openstack must be installed[\s\S]*apt-get install python3-openstackclient/],
  ['tempest', '', /apt-get install tempest/],
  ['no-such', '/bin', /in no folder of PATH[\s\S]*apt-file search bin\/no-such/],
  ['/bin/no-such', '/bin', /\/bin\/no-such is no program/],
])('%s is named, with its Debian package', async (name, path, says) => {
  await expect(requireProgram(name, path)).rejects.toThrow(says)
})
