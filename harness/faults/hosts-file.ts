/** A file of hosts(5) without a name, and the addresses that it had there; aliases on the same line stay. */
export function withoutName(hosts: string, name: string): { text: string; addresses: string[] } {
  const addresses: string[] = []
  const lines = hosts.split('\n').flatMap((line) => {
    const [entry = '', ...comment] = line.split('#')
    const [address = '', ...names] = entry.trim().split(/\s+/)
    if (!names.includes(name)) return [line]
    addresses.push(address)
    const others = names.filter((other) => other !== name)
    if (others.length === 0) return []
    return [[`${address} ${others.join(' ')}`, ...comment].join(' #')]
  })
  const text = lines.join('\n')
  return { text: text === '' || text.endsWith('\n') ? text : `${text}\n`, addresses }
}
