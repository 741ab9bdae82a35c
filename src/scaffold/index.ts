export { listTemplates, type Template } from './list-templates.ts';
export { scaffold, type Scaffolded, type ScaffoldRequest } from './scaffold.ts';
