import type { OciReference } from '../../oci/index.ts';
import type { Work } from '../render/progress.ts';
import { deployPushed, type DeployedPushed, type PushedDeployment } from './deploy-pushed.ts';
import { withDraft } from './draft-folder.ts';
import { withVersion } from './pull.ts';

/** The deploy of a version of a registry, as a task with progress. */
export function referenceWork(
  reference: OciReference,
  title: string,
  { home, access, deployment }: ReferenceDeploy,
): Work<DeployedPushed> {
  return {
    name: title,
    title: `deploying ${title}`,
    run: ({ say }) =>
      withDraft(home, (folder) =>
        withVersion(reference, access, (found) => {
          say(`found ${found.text}`);
          return deployPushed(found, { ...deployment, folder }, say);
        }),
      ),
    done: (deployed) => (deployed.unchanged ? `${deployed.name}: no change` : `${deployed.name} v${deployed.version}`),
  };
}

/** What all deploys from registries of one command share. */
export interface ReferenceDeploy {
  readonly home: string;
  readonly access: Parameters<typeof withVersion>[1];
  readonly deployment: Omit<PushedDeployment, 'folder'>;
}
