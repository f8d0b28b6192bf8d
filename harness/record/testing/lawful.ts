import { join } from 'node:path'
import { ESLint } from 'eslint'
import { check } from 'prettier'
import ts from 'typescript'
import { packageFolder } from '../../paths.js'

/** What the repository's own tools have to say of the text of a scenario: prettier, tsc, eslint. Nothing is written to disk. */
export async function objections(texts: readonly string[]): Promise<string[]> {
  const byFile = new Map(
    texts.map((text, index) => [join(packageFolder, 'scenarios', `recorded-${index}.scenario.ts`), text]),
  )
  const program = programOf(byFile)
  const objections: string[] = []
  const languageOptions = { parserOptions: { projectService: false, programs: [program] } }
  const linter = new ESLint({
    cwd: packageFolder,
    overrideConfig: [{ files: ['**/*.ts'], languageOptions }],
  })
  for (const [file, text] of byFile) {
    if (!(await check(text, { ...ours, filepath: file })))
      objections.push(`prettier: it is not formatted: ${text}`)
    const source = program.getSourceFile(file)
    const said = [...program.getSyntacticDiagnostics(source), ...program.getSemanticDiagnostics(source)]
    objections.push(
      ...said.map(({ messageText }) => `tsc: ${ts.flattenDiagnosticMessageText(messageText, ' ')}: ${text}`),
    )
    const results = await linter.lintText(text, { filePath: file })
    objections.push(
      ...results.flatMap(({ messages }) => messages.map(({ message }) => `eslint: ${message}: ${text}`)),
    )
  }
  return objections
}

const ours = { semi: false, singleQuote: true, printWidth: 110 } as const

function programOf(byFile: ReadonlyMap<string, string>): ts.Program {
  const read = ts.getParsedCommandLineOfConfigFile(
    join(packageFolder, 'tsconfig.json'),
    { incremental: false },
    {
      ...ts.sys,
      onUnRecoverableConfigFileDiagnostic: ({ messageText }) => {
        throw new Error(ts.flattenDiagnosticMessageText(messageText, ' '))
      },
    },
  )
  if (!read) throw new Error('no tsconfig.json')
  const options = { ...read.options }
  delete options.tsBuildInfoFile
  const host = ts.createCompilerHost(options, true)
  const readFile = (file: string): string | undefined => byFile.get(file) ?? host.readFile(file)
  return ts.createProgram([...byFile.keys()], options, {
    ...host,
    readFile,
    fileExists: (file) => byFile.has(file) || host.fileExists(file),
    getSourceFile: (file, target) => {
      const text = readFile(file)
      return text === undefined ? undefined : ts.createSourceFile(file, text, target, true)
    },
  })
}
