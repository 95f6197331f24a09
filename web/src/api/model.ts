// Short names for what shared/api.yaml describes; types.ts is generated from it.
import type { components } from './types';

type Schemas = components['schemas'];

export type State = Schemas['State'];
export type Image = Schemas['Image'];
export type Stack = Schemas['Stack'];
export type Service = Schemas['Service'];
export type Container = Schemas['Container'];
export type Usage = Schemas['Usage'];
export type Sync = Schemas['Sync'];
export type RelayState = Schemas['RelayState'];
export type Limits = Schemas['Limits'];
export type LimitsInput = Schemas['LimitsInput'];
export type Guard = Schemas['Guard'];
export type Neighbour = Schemas['Neighbour'];
export type Plan = Schemas['Plan'];
export type Step = Schemas['Step'];
export type Job = Schemas['Job'];
export type Event = Schemas['Event'];
export type Incident = Schemas['Incident'];
export type IncidentWhole = Schemas['IncidentWhole'];
export type Minutes = NonNullable<IncidentWhole['minutes']>;
export type Way = IncidentWhole['ways'][number];
export type Finding = Schemas['Finding'];
export type Action = Schemas['Action'];
export type Verdict = Schemas['Verdict'];
export type History = Schemas['History'];
export type Chains = Schemas['Chains'];
export type Understood = Schemas['Understood'];
export type DataPlace = Schemas['DataPlace'];
export type Found = Schemas['Found'];
export type ComposeFile = Schemas['ComposeFile'];
export type UpgradeCheck = Schemas['UpgradeCheck'];
export type Health = Schemas['Health'];
export type Session = Schemas['Session'];
export type SessionInfo = Schemas['SessionInfo'];
export type Token = Schemas['Token'];
export type Scope = Schemas['Scope'];
export type Settings = Schemas['Settings'];
export type Host = Schemas['Host'];
export type Engine = Schemas['Engine'];
export type Program = Schemas['Program'];
export type StackInput = Schemas['StackInput'];
export type Port = Schemas['Port'];
export type Options = Record<string, OptionValue>;
export type OptionValue = string | number | boolean | string[] | null;

export interface HostReport {
	host: Host;
	engine: Engine;
	containers: { id: string; name: string; image: string; state: string; stack: string | null }[];
}

/** `event: live` of the stream: readings only, at most one a second. */
export interface Live {
	at: number;
	stacks: Record<string, Record<string, { usage?: Usage | null; sync?: Sync | null; relay?: RelayState | null }>>;
	host?: { memory_available_bytes?: number; load1?: number; others_load1?: number | null; local_minute?: number };
	program?: Partial<Program>;
}
