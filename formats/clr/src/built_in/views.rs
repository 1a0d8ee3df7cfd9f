//! Views of payloads that no manifest describes.

use zerocopy::little_endian::U32;

use super::SAMPLE_TYPE;
use crate::typed::view;

view! {
    /// A sample of what a thread is doing.
    ThreadSample [0; 4, 0]
    ThreadSampleFixed {
        type_: U32 "Type" [type_names SAMPLE_TYPE];
    }
    {}
}

view! {
    /// A process of nettrace V6.
    Process [3; 0, 0]
    {
        namespace_id: VarU64 "NamespaceId" (0 0 0);
        name: Counted "Name" (1 0 0);
        namespace_name: Counted "NamespaceName" (2 0 0);
    }
}

view! {
    /// What a process maps: a file, or memory.
    ProcessMapping [8; 0, 0]
    {
        id: VarU64 "Id" (0 0 0);
        start_address: VarU64 "StartAddress" (1 0 0);
        end_address: VarU64 "EndAddress" (2 0 0);
        file_offset: VarU64 "FileOffset" (3 0 0);
        file_name: Counted "FileName" (4 0 0);
        metadata_id: VarU64 "MetadataId" (5 0 0);
        symbol_metadata: Counted "SymbolMetadata" (6 0 0);
        version_metadata: Counted "VersionMetadata" (7 0 0);
    }
}

view! {
    /// A symbol in a mapping.
    ProcessSymbol [5; 0, 0]
    {
        id: VarU64 "Id" (0 0 0);
        mapping_id: VarU64 "MappingId" (1 0 0);
        start_address: VarU64 "StartAddress" (2 0 0);
        end_address: VarU64 "EndAddress" (3 0 0);
        name: Counted "Name" (4 0 0);
    }
}

view! {
    /// What mappings of one file have in common.
    ProcessMappingMetadata [3; 0, 0]
    {
        id: VarU64 "Id" (0 0 0);
        symbol_metadata: Counted "SymbolMetadata" (1 0 0);
        version_metadata: Counted "VersionMetadata" (2 0 0);
    }
}

view! {
    /// The process that is traced.
    ProcessInfo [1; 0, 0]
    {
        command_line: Utf16 "CommandLine" (0 0 0);
    }
}

view! {
    /// The process that is traced, and on what it runs.
    ProcessInfoV1 [3; 0, 0]
    {
        command_line: Utf16 "CommandLine" (0 0 0);
        os_information: Utf16 "OSInformation" (1 0 0);
        arch_information: Utf16 "ArchInformation" (2 0 0);
    }
}

view! {
    /// A sample of nettrace V6.
    Sample [1; 0, 0]
    {
        value: VarU64 "Value" (0 0 0);
    }
}
