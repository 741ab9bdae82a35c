import { resolve } from 'node:path';
import { Args, Flags } from '@oclif/core';
import { EXIT, lamError } from '../../errors/index.ts';
import { parseOciReference, readSigningKey, type OciReference } from '../../oci/index.ts';
import { LamCommand } from '../lam-command.ts';
import { PLAIN_HTTP_FLAG } from '../oci-flags.ts';
import { runTogether } from '../render/progress.ts';
import { renderPushed } from '../render/pushed.ts';
import { withDraft } from '../services/draft-folder.ts';
import { namedVersion } from '../services/named-version.ts';
import { push, type PushAnswer } from '../services/push.ts';
import { targetFunction } from '../services/target.ts';

export default class Push extends LamCommand {
  static override summary = 'Push a version of a function to an OCI registry.';
  static override description =
    'Sends its code, its layers and its configuration; of environment variables only the names. The registry can be any that takes OCI artifacts; ' +
    'credentials are those of docker login. The same code is sent once, and nothing shows up under the tag before all of it is there.';
  static override usage = 'push [FUNCTION[@VERSION]] HOST/NAME[:TAG]';
  static override args = {
    function: Args.string({
      description: 'Function, with a version or alias; default: the live one of the project here.',
    }),
    reference: Args.string({ description: 'Where to: HOST/NAME[:TAG]; the tag is latest by default.' }),
  };
  static override flags = {
    template: Flags.string({
      helpValue: 'FOLDER',
      summary: 'Also push this folder, such as its source, which lam pull then lays out for others.',
    }),
    sign: Flags.string({
      helpValue: 'KEY.pem',
      summary: "Sign it with a private key (ECDSA on P-256) in cosign's format; COSIGN_PASSWORD has its passphrase.",
    }),
    'plain-http': PLAIN_HTTP_FLAG,
  };
  static override examples = [
    { description: 'The live version', command: '<%= config.bin %> push hello localhost:5000/team/hello:1.0' },
    { description: 'Another version', command: '<%= config.bin %> push hello@3 registry.example.com/team/hello:v3' },
    {
      description: 'With its source, signed',
      command: '<%= config.bin %> push hello localhost:5000/hello --template . --sign key.pem',
    },
  ];

  override async run(): Promise<number> {
    const { args, flags } = await this.parse(Push);
    const context = this.context(flags);
    const { out, cwd, env, home, installation } = context;
    const { function: first, reference: second } = args;
    const [named, where] = second === undefined ? [undefined, first] : [first, second];
    if (where === undefined) throw lamError('LAM_CLI_USAGE', { what: 'push requires a reference', command: 'push' });
    const reference = tagged(where);
    const key =
      flags.sign === undefined ? undefined : await readSigningKey(resolve(cwd, flags.sign), env['COSIGN_PASSWORD']);
    const target = await targetFunction(named, cwd, 'push', [where]);
    const client = await context.client();
    const detail = await client.functions.get(target.name);
    const version = target.qualifier === undefined ? detail.live : namedVersion(detail, target.qualifier);
    const template = flags.template === undefined ? undefined : resolve(cwd, flags.template);
    const request = { detail, version, reference, template, key, by: installation.version };
    const oci = { plainHttp: flags['plain-http'], env };
    const work = {
      name: target.name,
      title: `pushing ${target.name} v${version}`,
      run: ({ say }: { readonly say: (line: string) => void }): Promise<PushAnswer> =>
        withDraft(home, (folder) => push(request, { client, folder, oci }, say)),
      done: (answer: PushAnswer) => `${answer.name} v${answer.version} pushed`,
    };
    const [settled] = await runTogether([work], out, { verbose: false });
    if (settled === undefined || !settled.ok) throw settled?.error;
    const answer = settled.value;
    out.result(answer, () => renderPushed(answer));
    if (answer.environment.length > 0)
      out.note(`the values of ${answer.environment.join(', ')} stay here; only the names were pushed`);
    return EXIT.ok;
  }
}

/** A reference to push to: with a tag, without a digest. Throws `LAM_OCI_BAD_REFERENCE`. */
function tagged(text: string): OciReference & { readonly tag: string } {
  const { host, repository, tag, digest } = parseOciReference(text);
  if (digest === undefined && tag !== undefined) return { host, repository, tag };
  const why = 'a digest says what was pushed; push to a tag';
  throw lamError('LAM_OCI_BAD_REFERENCE', { text, why, nearest: `${host}/${repository}:${tag ?? 'latest'}` });
}
