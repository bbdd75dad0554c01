/** The parts of the Engine API's answers that mayfly reads (API 1.41 and later). */
import type { Labels } from '../../labels.js';

export interface ContainerInspect {
  Id: string;
  Name: string;
  Created: string;
  Platform: string;
  Image: string;
  State: {
    /** `stopped`: on Podman, an ended container that is not cleaned up yet. */
    Status: 'created' | 'running' | 'paused' | 'restarting' | 'removing' | 'exited' | 'dead' | 'stopped';
    Running: boolean;
    Pid: number;
    /** On Podman, -1 if it lost the code. */
    ExitCode: number;
    OOMKilled: boolean;
    Error: string;
    /** RFC 3339; year 1 if the container never ended. */
    FinishedAt: string;
    /** RFC 3339, with nanoseconds. */
    StartedAt: string;
    Health?: {
      Status: 'starting' | 'healthy' | 'unhealthy' | 'none' | '';
      FailingStreak: number;
      Log?: { ExitCode: number; Output: string }[];
    };
  };
  Config: {
    Image: string;
    Hostname: string;
    Domainname: string;
    User: string;
    Env: string[] | null;
    Cmd: string[] | null;
    Entrypoint: string[] | null;
    WorkingDir: string;
    Labels: Labels | null;
    Tty: boolean;
    OpenStdin: boolean;
    StopSignal?: string;
    StopTimeout?: number;
    Healthcheck?: { Test?: string[]; Interval?: number; Timeout?: number; StartPeriod?: number; StartInterval?: number; Retries?: number };
  };
  HostConfig: {
    Binds: string[] | null;
    /** Mounts of the create call; absent if it had none. */
    Mounts?: { Type: string; Source: string; Target: string; ReadOnly?: boolean }[] | null;
    NetworkMode: string;
    RestartPolicy: { Name: string; MaximumRetryCount: number };
    AutoRemove: boolean;
    LogConfig: { Type: string; Config: Record<string, string> | null };
    Memory: number;
    MemorySwap: number;
    MemoryReservation: number;
    NanoCpus: number;
    CpuShares: number;
    CpusetCpus: string;
    Privileged: boolean;
    PublishAllPorts: boolean;
    ReadonlyRootfs: boolean;
    SecurityOpt: string[] | null;
    ExtraHosts: string[] | null;
    Init?: boolean;
    IpcMode: string;
    UsernsMode: string;
    Runtime: string;
    ShmSize: number;
    StorageOpt?: Record<string, string>;
  };
  NetworkSettings: {
    Bridge?: string;
    Ports: Record<string, { HostIp: string; HostPort: string }[] | null> | null;
    Networks: Record<
      string,
      {
        IPAddress: string;
        IPPrefixLen: number;
        Gateway: string;
        GlobalIPv6Address: string;
        GlobalIPv6PrefixLen: number;
        IPv6Gateway: string;
        MacAddress: string;
      }
    > | null;
  };
}

export interface ContainerSummary {
  Id: string;
  Names: string[];
  Labels: Labels;
  State: ContainerInspect['State']['Status'];
  /** `Exited (137) 2 seconds ago`. */
  Status: string;
  /** Seconds since the epoch. */
  Created: number;
  Mounts?: { Type?: string; Name?: string; Source?: string; Destination?: string }[] | null;
}

/** A summary with `size=true`. */
export interface SizedContainer extends ContainerSummary {
  /** Bytes in the writable layer; absent if there are none. */
  SizeRw?: number;
}

/** The part of `GET /system/df` about volumes. */
export interface VolumeUsage {
  /** `Size` in bytes, -1 if unknown to the daemon. Volumes in memory are missing. */
  Volumes: { Name: string; UsageData?: { Size: number } | null }[] | null;
}

export interface VolumeInspect {
  Name: string;
  Driver: string;
  Mountpoint: string;
  Labels: Labels | null;
  Options: Record<string, string> | null;
  CreatedAt: string;
}

export interface NetworkInspect {
  Id: string;
  Name: string;
  /** RFC 3339, with nanoseconds. */
  Created: string;
  Labels: Labels | null;
  Containers?: Record<string, unknown>;
}

export interface EngineInfo {
  ServerVersion: string;
  ID: string;
  /** Host name of the daemon's machine. */
  Name: string;
  NCPU: number;
  MemTotal: number;
  Architecture: string;
  Driver: string;
  DriverStatus: [string, string][] | null;
  DockerRootDir: string;
  OperatingSystem: string;
  /** RFC 3339, with nanoseconds. */
  SystemTime: string;
  SecurityOptions: string[] | null;
}
