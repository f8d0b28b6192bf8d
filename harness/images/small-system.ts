/** Whether these packages make a small system: one kernel, busybox, and nothing else. */
export function isSmallSystem(packages: Readonly<Record<string, string>>): boolean {
  const names = Object.keys(packages)
  const kernels = names.filter((name) => name.startsWith('linux-image-'))
  return names.length === 2 && kernels.length === 1 && names.includes('busybox-static')
}
