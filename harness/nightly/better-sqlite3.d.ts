/** What the history uses of better-sqlite3 12: it has no types of its own, and may not be installed (docs/dependencies.md). */
declare module 'better-sqlite3' {
  type Value = string | number | Buffer | null

  interface Statement {
    run(...values: Value[]): { changes: number; lastInsertRowid: number | bigint }
    get(...values: Value[]): unknown
    all(...values: Value[]): unknown[]
  }

  export default class Database {
    constructor(file: string, options?: { timeout?: number })
    prepare(sql: string): Statement
    exec(sql: string): void
    pragma(text: string): unknown
    transaction<T>(work: () => T): { (): T; immediate(): T }
    close(): void
  }
}
