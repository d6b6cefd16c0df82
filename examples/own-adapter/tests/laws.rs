//! The laws of a runtime, each as a test of its own.

gather_conformance::runtime_laws!(own_adapter::Threads::new());
