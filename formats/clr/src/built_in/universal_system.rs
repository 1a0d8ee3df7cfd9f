//! Events of `Universal.System`.

crate::typed::events! {
    crate::typed::Table::of(&crate::built_in::UNIVERSAL_SYSTEM);
    0 ExistingProcessV0 Process "`ExistingProcess`, number 0, version 0.";
    1 ProcessCreateV0 Process "`ProcessCreate`, number 1, version 0.";
    2 ProcessExitV0 NoFields "`ProcessExit`, number 2, version 0.";
    3 ProcessMappingV0 ProcessMapping "`ProcessMapping`, number 3, version 0.";
    4 ProcessSymbolV0 ProcessSymbol "`ProcessSymbol`, number 4, version 0.";
    5 ProcessMappingMetadataV0 ProcessMappingMetadata
        "`ProcessMappingMetadata`, number 5, version 0.";
}
