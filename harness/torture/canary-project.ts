// A faked OpenStack inside a node: it gives a token to everybody, and says in every other answer whatever it was told.
import { copyFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { makeFolder } from '../make-folder.js'
import { packageFolder } from '../paths.js'
import type { Chance } from './random.js'

/** Secrets that may be seen nowhere but where they must be. */
export interface Canaries {
  password: string
  token: string
  userPassword: string
  proxyPassword: string
}

export function canariesOf(chance: Chance): Canaries {
  const secret = (name: string): string => `canary${name}${chance.bytes(9).toString('hex')}`
  return {
    password: secret('password'),
    // As Keystone's own look, one time in two.
    token:
      chance.below(2) === 0
        ? secret('token')
        : `gAAAAA${secret('fernet')}${chance.bytes(20).toString('hex')}`,
    userPassword: secret('user'),
    proxyPassword: secret('proxy'),
  }
}

/** A project with one scenario, all of whose calls fail, and say so in every way. */
export function makeProject(folder: string, canaries: Canaries, chance: Chance): void {
  const files: Record<string, string> = {
    'package.json': '{ "type": "module" }',
    'vitest.config.ts': `
      import { defineConfig } from 'vitest/config'
      import { run, scenarios } from '${packageFolder}/harness/vitest.js'
      export default defineConfig({ test: { ...run, projects: [{ test: { name: 'scenarios', ...scenarios } }] } })`,
    'scenarios/secrets.scenario.ts': scenario(canaries, chance),
  }
  for (const [name, text] of Object.entries(files)) {
    makeFolder(dirname(join(folder, name)))
    writeFileSync(join(folder, name), text)
  }
  copyFileSync(join(packageFolder, 'images.lock'), join(folder, 'images.lock'))
  symlinkSync(join(packageFolder, 'node_modules'), join(folder, 'node_modules'))
}

/** What an API says when it refuses; `$said` are the headers and the body of the request, `$token` is the token. */
const answers = [
  String.raw`{"error": {"message": "no: $token", "password": "$body"}}`,
  String.raw`{"badRequest": {"message": "X-Auth-Token: $token"}}`,
  String.raw`<html><head><title>$token</title></head><body>$said</body></html>`,
  String.raw`$said`,
]

const scenario = ({ password, token, userPassword }: Canaries, chance: Chance): string => `
  import { expect, scenario } from '${packageFolder}/harness/index.js'
  import { openCloud } from '${packageFolder}/harness/openstack/index.js'
  import { pocket } from '${packageFolder}/fixtures/topologies/pocket.js'
  const test = scenario(pocket)
  const keystone = ${JSON.stringify(keystone(token, chance.one(answers), chance.one([400, 401, 409, 500, 307])))}
  test.each(['tokens', 'users', 'images', 'servers'])('%s', { timeout: 600_000 }, async (what, { cluster, one }) => {
    await one.writeFile('/root/keystone', keystone)
    await one.run\`chmod 755 /root/keystone\`
    await one.execute('nc -ll -p 5000 -e /root/keystone >/dev/null 2>&1 &')
    await one.waitForPort(5000)
    using cloud = openCloud({
      dial: cluster.dial, identityUrl: 'http://one:5000/v3', username: 'admin', project: 'admin',
      password: '${password}', timeouts: { retry: 1, request: '60s' },
    })
    console.log(cloud)
    if (what === 'tokens') await cloud.keystone.validateToken('${token}')
    if (what === 'users') await cloud.keystone.createUser({ name: 'u', password: '${userPassword}' })
    if (what === 'images') await cloud.glance.list()
    await expect(cloud.nova.services()).resolves.toEqual(cloud)
  })`

const keystone = (token: string, answer: string, status: number): string => `#!/bin/sh
token=${token}
read -r method path version
while IFS= read -r line; do
  line=$(printf %s "$line" | tr -d '\\r')
  [ -n "$line" ] || break
  said="$said $line"
  case $line in [Cc]ontent-[Ll]ength:*) length=\${line#*: } ;; esac
done
body=$(head -c "\${length:-0}")
said="$said $body"
code='${status} No'
text=$(cat <<END
${answer}
END
)
if [ "$method $path" = 'POST /v3/auth/tokens' ]; then
  code='201 Created'
  catalog=
  for type in image compute; do
    catalog="$catalog,{\\"type\\":\\"$type\\",\\"endpoints\\":[{\\"interface\\":\\"public\\",\\"region\\":\\"RegionOne\\",\\"url\\":\\"http://one:5000/$type\\"}]}"
  done
  text="{\\"token\\":{\\"expires_at\\":\\"2030-01-01T00:00:00Z\\",\\"user\\":{\\"id\\":\\"u\\",\\"name\\":\\"admin\\"},\\"catalog\\":[\${catalog#,}]}}"
fi
printf 'HTTP/1.1 %s\\r\\nX-Subject-Token: %s\\r\\nLocation: http://one:5000/tokens/%s\\r\\nContent-Length: %s\\r\\nConnection: close\\r\\n\\r\\n%s' \\
  "$code" "$token" "$token" "$(printf %s "$text" | wc -c)" "$text"
`
