/** Where a member of a request stands; in the JSON body without one. */
export type AwsLocation = 'uri' | 'querystring' | 'header';

/** A member of a structure: its shape, and where it stands if that is not the body. */
export type AwsMember = string | readonly [shape: string, location: AwsLocation, name: string];

/** A shape of AWS's service models, with the constraints that its documentation states. */
export interface AwsShape {
  readonly type: string;
  readonly members?: Readonly<Record<string, AwsMember>>;
  readonly required?: readonly string[];
  /** The member that is the whole body. */
  readonly payload?: string;
  readonly pattern?: string;
  readonly enum?: readonly string[];
  /** Values are kept out of messages. */
  readonly sensitive?: boolean;
  readonly min?: number;
  readonly max?: number;
  /** Of a list. */
  readonly member?: string;
  /** Of a map. */
  readonly key?: string;
  readonly value?: string;
}

/** Method, path with `{Member}` for parts, status of success, and the shape of the input if it is known. */
export type AwsOperation = readonly [method: string, path: string, status: number, input?: string];

/** Facts of one service. */
export interface AwsModel {
  readonly operations: Readonly<Record<string, AwsOperation>>;
  readonly shapes: Readonly<Record<string, AwsShape>>;
}
