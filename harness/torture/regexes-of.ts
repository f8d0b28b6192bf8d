import { readdirSync, readFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import ts from 'typescript'

export interface FoundRegex {
  /** `images/lock.ts:12`. */
  where: string
  regex: RegExp
}

/** Every regular expression that the sources of a folder write down; tests and this room apart, which no guest speaks to. */
export function regexesOf(folder: string): FoundRegex[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((file) => /\.m?[tj]s$/.test(file) && !/\.test\.ts$|(^|\/)testing\/|^torture\//.test(file))
    .sort()
    .flatMap((file) => regexesIn(join(folder, file), relative(folder, join(folder, file))))
}

function regexesIn(file: string, name: string): FoundRegex[] {
  const source = ts.createSourceFile(file, readFileSync(file, 'utf8'), ts.ScriptTarget.Latest)
  const found: FoundRegex[] = []
  const visit = (node: ts.Node): void => {
    if (ts.isRegularExpressionLiteral(node)) {
      const { line } = source.getLineAndCharacterOfPosition(node.getStart(source))
      const end = node.text.lastIndexOf('/')
      const regex = new RegExp(node.text.slice(1, end), node.text.slice(end + 1))
      found.push({ where: `${name}:${line + 1} ${node.text}`, regex })
    }
    ts.forEachChild(node, visit)
  }
  visit(source)
  return found
}
