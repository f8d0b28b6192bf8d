import type { FileEdit } from './contract.js'

/** A key of an oslo.config or paste.deploy file. */
export const ini = (file: string, section: string, key: string, value: string): FileEdit => ({
  file,
  format: 'ini',
  section,
  key,
  value,
})

/** A variable of a shell file. */
export const exported = (file: string, key: string, value: string): FileEdit => ({
  file,
  format: 'exports',
  key,
  value,
})
