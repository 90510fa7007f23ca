export { Catalogue, openCatalogue } from './catalogue.ts'
export type { KnownFolder } from './catalogue.ts'
export { readFile, writeFile } from './catalogue-part.ts'
export { contentOf } from './catalogue-types.ts'
export type {
  CataloguedBlob,
  CataloguedContent,
  CataloguedFile,
  CatalogueIdentity,
  CatalogueLine,
  FileIdentity,
  KeptLine,
} from './catalogue-types.ts'
export { CatalogueWriter } from './catalogue-writer.ts'
export type { FolderWriter } from './catalogue-writer.ts'
export { commitCatalogue } from './commit-catalogue.ts'
