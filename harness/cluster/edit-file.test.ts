import { expect, test } from 'vitest'
import { editText } from './edit-file.js'

const ini = (section: string, key: string) => ({ format: 'ini', section, key }) as const
const novaConf = `[DEFAULT]
# transport_url = a comment
transport_url = rabbit://openstack:p#w@localhost
[database]
connection = one
[api_database]
connection = two
`

test('sets a key in its own section only, and keeps comments', () => {
  expect(editText(novaConf, ini('api_database', 'connection'), 'new')).toBe(novaConf.replace('two', 'new'))
  expect(editText(novaConf, ini('DEFAULT', 'transport_url'), 'x#y')).toBe(
    novaConf.replace('rabbit://openstack:p#w@localhost', 'x#y'),
  )
})

test('adds a key or a section that is not there', () => {
  expect(editText(novaConf, ini('database', 'pool'), '5')).toContain('[database]\npool = 5\nconnection = one')
  expect(editText(novaConf, ini('vnc', 'enabled'), 'true')).toMatch(/\[vnc\]\nenabled = true\n$/)
})

test('is idempotent', () => {
  const once = editText(novaConf, ini('vnc', 'enabled'), 'true')
  expect(editText(once, ini('vnc', 'enabled'), 'true')).toBe(once)
})

test('exports of a shell file', () => {
  const edit = { format: 'exports', key: 'OS_AUTH_URL' } as const
  const file = 'export OS_USERNAME=admin\nexport OS_AUTH_URL=http://localhost:5000/v3\n'
  expect(editText(file, edit, 'http://controller:5000/v3')).toBe(file.replace('localhost', 'controller'))
  expect(editText('', edit, 'x')).toBe('\nexport OS_AUTH_URL=x\n')
})

test('a key that stands twice is refused: which one counts is for the image to say', () => {
  const twice = '[DEFAULT]\nhost = a\nhost = b\n'
  expect(() => editText(twice, ini('DEFAULT', 'host'), 'c')).toThrow(
    expect.objectContaining({ code: 'IMAGE_MISMATCH' }),
  )
})
