import type { Contract, RoleContract } from './contract.js'

type Cloud = NonNullable<Contract['cloud']>

const cloudRoles = ['controller', 'compute', 'network']
/** What the network tells the kernel, and what a topology tells a node. */
const kernelPlaceholders = ['address', 'gateway', 'netmask', 'name']
const editPlaceholders = ['controller', 'address', 'name', 'adminPassword', 'servicePassword']

/** What no images can keep, and what nothing would fill in: one sentence each. */
export function problemsOf(contract: Contract): string[] {
  const { name, kernelWords, roles, cloud, symptoms = [], facts = [], parts = {}, purposes = {} } = contract
  const played = 'all-in-one' in roles ? ['all-in-one', ...cloudRoles] : Object.keys(roles)
  return [
    ...(/^[a-z0-9][a-z0-9.-]*$/.test(name)
      ? []
      : ['Its name must be of lower-case letters, digits, dots and hyphens.']),
    ...(Object.keys(roles).length > 0 ? [] : ['It has no roles.']),
    ...unknownPlaceholders('kernelWords', kernelWords, kernelPlaceholders),
    ...Object.entries(roles).flatMap(([role, told]) => roleProblems(role, told)),
    ...symptoms
      .filter(({ role }) => !played.includes(role))
      .map(({ role, means }) => `No node has the role "${role}" of the symptom "${means}"`),
    ...facts
      .filter(({ role }) => !played.includes(role))
      .map(({ role }) => `No node has the role "${role}" that facts are asked of.`),
    ...Object.entries(parts)
      .filter(([, part]) => part.facts !== undefined && !isExpression(part.facts))
      .map(([part]) => `The facts of the part ${part} are no regular expression.`),
    ...Object.entries(purposes)
      .filter(([, { words }]) => !isExpression(words))
      .map(([purpose]) => `The words of the purpose ${purpose} are no regular expression.`),
    ...(cloud ? cloudProblems(cloud, roles) : []),
  ]
}

function isExpression(text: string): boolean {
  try {
    return new RegExp(text).source !== ''
  } catch {
    return false
  }
}

function roleProblems(role: string, { services, edits, restart }: RoleContract): string[] {
  const keys = edits.map(({ file, section, key }) => `${key} of ${section ? `[${section}] in ` : ''}${file}`)
  return [
    ...repeated(services).map((service) => `${role}: the service ${service} is there twice.`),
    ...restart
      .filter((service) => !services.includes(service))
      .map((service) => `${role}: ${service} is restarted, and is none of its services.`),
    ...(edits.length > 0 && restart.length === 0
      ? [`${role}: files are edited, and nothing is restarted to read them.`]
      : []),
    ...(restart.length > 0 && edits.length === 0
      ? [`${role}: services are restarted, and no file is edited.`]
      : []),
    ...repeated(keys).map((key) => `${role}: ${key} is set twice.`),
    ...edits.flatMap(({ file, format, section, key, value }) => [
      ...(file.startsWith('/') ? [] : [`${role}: the file ${file} must have its full path.`]),
      ...((format === 'ini') === (section !== undefined)
        ? []
        : [`${role}: ${key} in ${file} must have a section if, and only if, the file is of the format ini.`]),
      ...unknownPlaceholders(`${role}: ${key} in ${file}`, value, editPlaceholders),
    ]),
  ]
}

function cloudProblems(cloud: Cloud, roles: Contract['roles']): string[] {
  const { identityUrl, horizonUrl, apis, ports } = cloud
  const wanted = 'all-in-one' in roles ? [] : cloudRoles
  const urls = { identityUrl, horizonUrl }
  const identity = urlOf(identityUrl)
  return [
    ...wanted.filter((role) => !(role in roles)).map((role) => `A cloud has a node with the role ${role}.`),
    ...Object.entries(roles)
      .filter(([, { services }]) => services.length === 0)
      .map(([role]) => `${role}: it has no services.`),
    ...Object.entries(urls).flatMap(([key, url]) => [
      ...(/^https?:\/\/\{controller\}[:/]/.test(`${url}/`) && urlOf(url)
        ? []
        : [`${key} must be a URL on {controller}, whatever its host name is: ${url}`]),
      ...unknownPlaceholders(key, url, ['controller']),
    ]),
    ...(horizonUrl.endsWith('/') ? [`horizonUrl must not end with a slash: ${horizonUrl}`] : []),
    ...(identity?.pathname.endsWith(`/${apis.identity}`)
      ? []
      : [`identityUrl must end with the version in apis, ${apis.identity}: ${identityUrl}`]),
    ...(identity && portOf(identity) !== ports['identity']
      ? [`identityUrl must have the port of identity, ${String(ports['identity'])}: ${identityUrl}`]
      : []),
    ...identityVersions(cloud, roles),
  ]
}

/** Addresses of Keystone in the edits whose version is another than the one that the cloud speaks. */
function identityVersions({ apis, ports }: Cloud, roles: Contract['roles']): string[] {
  const others = Object.entries(ports).flatMap(([type, port]) => (type === 'identity' ? [] : [port]))
  return Object.entries(roles).flatMap(([role, { edits }]) =>
    edits.flatMap(({ file, key, value }) => {
      const url = /^https?:/.test(value) ? urlOf(value) : undefined
      const [, version] = /\/(v[\d.]+)\/?$/.exec(url?.pathname ?? '') ?? []
      if (!url || version === undefined || version === apis.identity || others.includes(portOf(url)))
        return []
      return [`${role}: ${key} in ${file} must have the version of identity, ${apis.identity}: ${value}`]
    }),
  )
}

/** Words in braces, but for those of a shell or of curl, that are not among the known. */
function unknownPlaceholders(where: string, text: string, known: readonly string[]): string[] {
  const words = [...text.matchAll(/(?<![$%])\{(\w+)\}/g)].flatMap(([, word = '']) => word)
  return words
    .filter((word) => !known.includes(word))
    .map(
      (word) =>
        `${where}: nothing fills in {${word}}; there are ${known.map((one) => `{${one}}`).join(', ')}.`,
    )
}

const urlOf = (text: string): URL | undefined => {
  const filled = text.replaceAll('{controller}', 'controller')
  return URL.canParse(filled) ? new URL(filled) : undefined
}

const portOf = ({ port, protocol }: URL): number =>
  port === '' ? (protocol === 'https:' ? 443 : 80) : Number(port)

const repeated = (words: readonly string[]): string[] => [
  ...new Set(words.filter((word, index) => words.indexOf(word) !== index)),
]
