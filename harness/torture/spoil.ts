import { copyFile, open, rename, stat, truncate, type FileHandle } from 'node:fs/promises'
import type { Chance } from './random.js'

/** What was done to a file, in words, and how it is undone. */
export interface Spoilt {
  what: string
  undo: () => Promise<void>
}

/** Flips one bit of a file, or cuts it, wherever chance says. An empty file gets a byte instead. */
export async function spoil(file: string, chance: Chance): Promise<Spoilt> {
  const { size } = await stat(file)
  if (size === 0) return grow(file)
  return chance.below(3) === 0 ? cut(file, Math.floor(size * chance.fraction())) : flip(file, size, chance)
}

async function flip(file: string, size: number, chance: Chance): Promise<Spoilt> {
  const at = Math.floor(size * chance.fraction())
  const bit = 1 << chance.below(8)
  await xor(file, at, bit)
  return { what: `bit ${bit} of byte ${at} of ${file}`, undo: () => xor(file, at, bit) }
}

async function xor(file: string, at: number, bit: number): Promise<void> {
  await using handle: FileHandle = await open(file, 'r+')
  const byte = Buffer.alloc(1)
  await handle.read(byte, 0, 1, at)
  byte[0] = (byte[0] ?? 0) ^ bit
  await handle.write(byte, 0, 1, at)
}

async function cut(file: string, to: number): Promise<Spoilt> {
  const whole = `${file}.whole`
  await rename(file, whole)
  await copyFile(whole, file)
  await truncate(file, to)
  return { what: `${file} cut to ${to} bytes`, undo: () => rename(whole, file) }
}

async function grow(file: string): Promise<Spoilt> {
  await using handle = await open(file, 'a')
  await handle.write('x')
  return { what: `a byte more in ${file}`, undo: () => truncate(file, 0) }
}
