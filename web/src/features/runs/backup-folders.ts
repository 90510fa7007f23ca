import type { WirePath } from '@holdfast/shared-types'

/** The contract's most sources of one backup. */
const mostFolders = 1000

export type FolderMistake = 'none' | 'relative' | 'too-many'

const isAbsolute = (path: string): boolean => path.startsWith('/') || /^[A-Za-z]:[\\/]/.test(path) || path.startsWith('\\\\')

/** Lines of text to folders: one path a line, blank lines and repetitions left out. Spaces inside and at the end may belong to a name. */
const readLines = (text: string): string[] => [
  ...new Set(
    text
      .split(/\r?\n/)
      .map((line) => line.trimStart())
      .filter((line) => line.trim() !== ''),
  ),
]

export function checkFolders(text: string): { readonly mistake: FolderMistake; readonly line: string } | null {
  const lines = readLines(text)
  if (lines.length === 0) return { mistake: 'none', line: '' }
  if (lines.length > mostFolders) return { mistake: 'too-many', line: '' }
  const relative = lines.find((line) => !isAbsolute(line))
  return relative === undefined ? null : { mistake: 'relative', line: relative }
}

/** Folders to ask for. One that was remembered with its raw bytes keeps them as long as its line is left as it was. */
export function foldersOf(text: string, remembered: readonly WirePath[]): WirePath[] {
  const byText = new Map(remembered.map((path) => [path.path, path]))
  return readLines(text).map((line) => byText.get(line) ?? { path: line })
}

export const linesOf = (folders: readonly WirePath[]): string => folders.map(({ path }) => path).join('\n')
